import { readFileSync } from "node:fs";

import { format } from "prettier";

import { chartDefaults } from "./chart-defaults.ts";
import { chartReadme } from "./chart-readme.ts";
import { withConfigValues } from "./config-values.ts";
import { valuesSchemaText } from "./values-schema.ts";

const CHART = new URL("../../../helm/rerun-dispatcher/", import.meta.url);

/** The files of the chart that are made from the config's parser, by their paths within the chart. */
export async function chartFiles(): Promise<Readonly<Record<string, string>>> {
  const read = (name: string) => readFileSync(new URL(name, CHART), "utf8");
  const values = await format(withConfigValues(read("values.yaml")), {
    parser: "yaml",
    printWidth: 100,
  });
  return {
    "values.yaml": values,
    "values.schema.json": await format(valuesSchemaText(), { parser: "json", printWidth: 100 }),
    "templates/_defaults.tpl": chartDefaults(),
    "README.md": await chartReadme(values, read("ci/minimal-values.yaml")),
  };
}
