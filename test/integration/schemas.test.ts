import { describe, expect, inject, it } from "vitest";

import { SchemaNotRegistered } from "../../src/avro/registry-errors.ts";
import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { schemasCommand } from "../../src/cli/schemas.ts";
import { aConfig, ownTopics } from "../cli/a-config.ts";
import { aTerminal } from "../cli/a-terminal.ts";
import { A_REQUEST } from "../avro/wire-values.ts";

function setUp() {
  const config = aConfig({ topics: ownTopics() }, inject("registryUrl"));
  return {
    config,
    registry: createRegistry(config.schemaRegistry),
    ...loadSchemas(config.kafka.topics),
  };
}

/** The schema text with its fields changed. */
function withFields(text: string, change: (fields: object[]) => object[]): string {
  const schema = JSON.parse(text) as { fields: object[] };
  return JSON.stringify({ ...schema, fields: change(schema.fields) });
}

async function run(
  config: ReturnType<typeof aConfig>,
  flags: { check?: true; register?: true; json?: true },
) {
  const terminal = aTerminal();
  const options = { check: false, register: false, json: false, config, ...flags };
  const code = await schemasCommand(options, terminal);
  return { code, ...terminal };
}

describe("the registry client", () => {
  it("registers a schema once, with its level, and finds it again", async () => {
    const { registry, requests } = setUp();
    const { subject, text, level } = requests;
    expect(await registry.latest(subject)).toBeNull();
    expect(await registry.level(subject)).toBeNull();
    await expect(registry.idOf(subject, text)).rejects.toThrow(SchemaNotRegistered);

    const id = await registry.register(subject, text, level);
    expect(await registry.register(subject, text, level)).toBe(id);
    expect(await registry.idOf(subject, text)).toBe(id);
    expect(await registry.latest(subject)).toMatchObject({ id, version: 1 });
    expect(await registry.level(subject)).toBe("BACKWARD_TRANSITIVE");
    const bytes = await registry.encode(id, A_REQUEST);
    expect(await createRegistry({ ...setUp().config.schemaRegistry }).decode(bytes)).toMatchObject({
      value: { requestId: "r-1" },
    });
  });

  it("knows a schema again that was written differently", async () => {
    const { registry, outcomes } = setUp();
    const { subject, text, level } = outcomes;
    const id = await registry.register(subject, text, level);
    expect(await registry.idOf(subject, JSON.stringify(JSON.parse(text), null, 7))).toBe(id);
  });

  it("knows a schema that somebody else registered with other blanks", async () => {
    const { registry, outcomes, config } = setUp();
    const { subject, text } = outcomes;
    const schema = JSON.stringify(JSON.parse(text), null, 7);
    const response = await fetch(`${config.schemaRegistry.url}/subjects/${subject}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema }),
    });
    const { id } = (await response.json()) as { id: number };
    expect(await registry.idOf(subject, text)).toBe(id);
  });

  it("is not answered for another schema of the subject", async () => {
    const { registry, outcomes } = setUp();
    const { subject, text, level } = outcomes;
    await registry.register(subject, text, level);
    const other = withFields(text, (fields) => fields.slice(1));
    await expect(registry.idOf(subject, other)).rejects.toThrow(SchemaNotRegistered);
  });

  it("tells compatible from incompatible, in the registry's words", async () => {
    const { registry, outcomes } = setUp();
    const { subject, text, level } = outcomes;
    expect(await registry.compatibility(subject, text)).toEqual({ kind: "new" });
    await registry.register(subject, text, level);
    const note = { name: "note", type: ["null", "string"], default: null };
    const wider = withFields(text, (fields) => [...fields, note]);
    expect(await registry.compatibility(subject, wider)).toEqual({ kind: "compatible" });
    const stricter = withFields(text, (fields) => [...fields, { name: "must", type: "string" }]);
    expect(await registry.compatibility(subject, stricter)).toEqual({
      kind: "incompatible",
      messages: [expect.stringMatching(/./)],
    });
    await expect(registry.register(subject, stricter, level)).rejects.toThrow(/./);
    expect(await registry.latest(subject)).toMatchObject({ version: 1 });
  });
});

describe("the command schemas", () => {
  it("fails while they are not registered, registers them, and then is content", async () => {
    const { config } = setUp();
    const before = await run(config, {});
    expect(before.code).toBe(1);
    expect(before.err).toContain("--register");

    expect(await run(config, { register: true })).toMatchObject({ code: 0, err: "" });
    const after = await run(config, { json: true });
    expect(after.code).toBe(0);
    expect(JSON.parse(after.out)).toMatchObject([
      { level: "BACKWARD_TRANSITIVE", latestVersion: 1, problems: [] },
      { level: "FULL_TRANSITIVE", latestVersion: 1, problems: [] },
    ]);
  });

  it("checks without registering", async () => {
    const { config, registry, requests } = setUp();
    expect(await run(config, { check: true })).toMatchObject({ code: 0, err: "" });
    expect(await registry.latest(requests.subject)).toBeNull();
  });

  it("refuses to take the place of something incompatible", async () => {
    const { config, registry, outcomes } = setUp();
    const other = withFields(outcomes.text, (fields) => [
      ...fields,
      { name: "must", type: "string" },
    ]);
    await registry.register(outcomes.subject, other, outcomes.level);

    const checked = await run(config, { check: true });
    expect(checked.code).toBe(1);
    expect(checked.err).toContain("not compatible");
    const registered = await run(config, { register: true });
    expect(registered.code).toBe(1);
    expect(registered.err).toContain("refused");
    expect(await registry.latest(outcomes.subject)).toMatchObject({ version: 1 });
  });

  it("says what to look at when the registry is away", async () => {
    const { code, out, err } = await run(aConfig({ topics: ownTopics() }), { register: true });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^Cannot use the schema registry: .*ECONNREFUSED.*schemaRegistry\.url.*\n$/,
    );
  });
});
