import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

import { findOnPath } from "../stack/find-on-path.ts";
import { Helm } from "./chart.ts";
import { exitCodeOf, lineOf, type Missing, runChecks, type Tell } from "./check.ts";
import { EXAMPLE, EXAMPLE_ARGS, helmChecks } from "./checks.ts";
import { kubernetesCheck } from "./kubernetes-check.ts";
import { operatorKindsCheck } from "./operator-kinds.ts";
import { templateChecks } from "./template-checks.ts";
import { findHelm, findPythonTool } from "./tools.ts";

const usage = `Usage: npm run check:deploy [-- --write-example --allow-missing]

Renders the chart with default, minimal, full and hostile values and tells, a line each, what holds.
Helm and kubernetes-validate are taken from the PATH, or fetched once into the cache folder: Helm is
built by Go (minutes), the other is a Python package. Go also fetches the definitions of ServiceMonitor,
PodMonitor and ScaledObject.

  --write-example   writes docs/examples/rerun-dispatcher.yaml
  --allow-missing   exits with 0 although tools are missing, if what can be run holds

Exits with 1 when something does not hold, or could not be run. Without Helm nothing can.
`;

const { values } = parseArgs({
  options: {
    "write-example": { type: "boolean", default: false },
    "allow-missing": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const tell: Tell = (...line) => void process.stdout.write(lineOf(...line));

if (values.help) process.stdout.write(usage);
else process.exitCode = await checkDeploy(values["write-example"], values["allow-missing"]);

async function checkDeploy(writeExample: boolean, allowMissing: boolean): Promise<number> {
  // eslint-disable-next-line no-restricted-properties -- tools are found by the PATH of whoever asks
  const { env } = process;
  const helmTool = await findHelm(env);
  if (helmTool.kind === "missing") {
    tell("not run", "everything", helmTool.why);
    return 1;
  }
  const helm = new Helm(helmTool.path, helmTool.env);
  if (writeExample) {
    await mkdir(dirname(EXAMPLE), { recursive: true });
    await writeFile(EXAMPLE, await helm.render(EXAMPLE_ARGS));
  }
  const validator = await findPythonTool("kubernetes-validate", env);
  const ofKubernetes = validator.kind === "found" ? [kubernetesCheck(helm, validator)] : [];
  const go = await findOnPath("go", env);
  const ofOperators = go === undefined ? [] : [operatorKindsCheck(helm, go, env)];
  const checks = [...helmChecks(helm), ...templateChecks(helm), ...ofKubernetes, ...ofOperators];
  const failed = await runChecks(checks, tell);
  const missing: readonly Missing[] = [
    ...(go === undefined
      ? [{ title: "objects of operators are valid", why: "no go on the PATH" }]
      : []),
    ...(validator.kind === "missing" ? [{ title: "objects are valid", why: validator.why }] : []),
  ];
  const code = exitCodeOf(failed, missing, { allowMissing, tell });
  process.stdout.write(
    `${checks.length - failed} ok, ${failed} failed, ${missing.length} not run\n`,
  );
  return code;
}
