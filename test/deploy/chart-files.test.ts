import { readFileSync } from "node:fs";

import { Validator, type Schema } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { chartFiles } from "../../dev/generate/chart/chart-files.ts";
import { valuesOf } from "../../dev/generate/chart/chart-readme.ts";
import { withConfigValues } from "../../dev/generate/chart/config-values.ts";
import { valuesSchema } from "../../dev/generate/chart/values-schema.ts";
import { MEANINGS } from "../../dev/generate/config-meanings.ts";

function committed(name: string): string {
  return readFileSync(new URL(`../../helm/rerun-dispatcher/${name}`, import.meta.url), "utf8");
}

const values = committed("values.yaml");

// Made once, before any test's time runs: the parser is asked thousands of questions.
const made = await chartFiles();

describe("the chart's generated files", () => {
  it.each(["values.yaml", "values.schema.json", "templates/_defaults.tpl", "README.md"])(
    "%s is what `npm run generate` makes of the parser",
    (name) => {
      expect(made[name]).toBe(committed(name));
    },
  );

  it("cannot be made when values.yaml has lost its marks", () => {
    expect(() => withConfigValues("config: {}\n")).toThrow("values.yaml has no marks");
  });
});

describe("values.yaml", () => {
  it("says of every value what it is for", () => {
    expect(valuesOf(values).filter(({ meaning }) => meaning === "")).toEqual([]);
    expect(valuesOf(values).length).toBeGreaterThan(80);
  });

  it("has every value in the chart's README", () => {
    const readme = committed("README.md");
    const paths = valuesOf(values).map(({ path }) => path);
    expect(paths.filter((path) => !readme.includes(`| \`${path}\``))).toEqual([]);
  });

  it("shows every key of the config", () => {
    const keys = Object.keys(MEANINGS).map((path) => path.split(".").at(-1) ?? path);
    const missing = keys.filter((key) => !new RegExp(`^[ #-]*${key}:`, "m").test(values));
    expect(missing).toEqual([]);
  });

  it("is accepted by its own schema", () => {
    const { valid, errors } = new Validator(valuesSchema() as Schema, "7").validate(parse(values));
    expect({ valid, errors }).toEqual({ valid: true, errors: [] });
  });

  it("has a rule for every value in the schema, and no value is missing", () => {
    const keys = Object.keys(parse(values) as object);
    const known = Object.keys(valuesSchema().properties ?? {});
    expect(known.toSorted()).toEqual([...keys, "enabled", "global"].toSorted());
  });
});
