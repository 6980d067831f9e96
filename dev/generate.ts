import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { generateWireTypes } from "./generate-wire-types.ts";
import { chartFiles } from "./generate/chart/chart-files.ts";
import { configurationDoc } from "./generate/configuration-doc.ts";
import { metricsDoc } from "./generate/metrics-doc.ts";

const root = join(import.meta.dirname, "..");
const texts = ["rerun-request.avsc", "rerun-outcome.avsc"].map((file) =>
  readFileSync(join(root, "schemas", file), "utf8"),
);
writeFileSync(join(root, "src/avro/wire-types.ts"), await generateWireTypes(texts));
writeFileSync(join(root, "docs/metrics.md"), await metricsDoc());
writeFileSync(join(root, "docs/configuration.md"), await configurationDoc());
for (const [name, text] of Object.entries(await chartFiles())) {
  writeFileSync(join(root, "helm/rerun-dispatcher", name), text);
}
