import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, it } from "vitest";

import { generateWireTypes } from "../../dev/generate-wire-types.ts";
import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { aFakeRegistry } from "./fake-registry.ts";
import { anyOutcome, anyRequest } from "./wire-values.ts";

const TOPICS = { requests: "requests", outcomes: "outcomes" };

it("are what `npm run generate` makes of schemas/*.avsc", async () => {
  const { requests, outcomes } = loadSchemas(TOPICS);
  const committed = readFileSync(new URL("../../src/avro/wire-types.ts", import.meta.url), "utf8");

  expect(await generateWireTypes([requests.text, outcomes.text])).toBe(committed);
});

it("say of each schema which subject it belongs under, and how it may change", () => {
  const { requests, outcomes } = loadSchemas(TOPICS);
  expect([requests.subject, requests.level]).toEqual(["requests-value", "BACKWARD_TRANSITIVE"]);
  expect([outcomes.subject, outcomes.level]).toEqual(["outcomes-value", "FULL_TRANSITIVE"]);
});

it.each([
  ["requests", "rerun.v1.RerunRequest", anyRequest],
  ["outcomes", "rerun.v1.RerunOutcome", anyOutcome],
] as const)("describe what the wire carries: %s survive it", async (role, schemaName, values) => {
  const fake = await aFakeRegistry();
  fake.schemas.set(7, { schema: loadSchemas(TOPICS)[role].text });
  const registry = createRegistry(fake.config);

  await fc.assert(
    fc.asyncProperty<[object]>(values, async (value) => {
      const decoding = await registry.decode(await registry.encode(7, value));
      expect(plain(decoding)).toEqual({ kind: "decoded", schemaName, value: plain(value) });
    }),
  );
});

/** Without the classes that avsc gives its records. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
