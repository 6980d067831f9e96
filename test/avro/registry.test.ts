import fc from "fast-check";
import { generate } from "selfsigned";
import { describe, expect, it } from "vitest";

import { RegistryUnavailable, SchemaNotRegistered } from "../../src/avro/registry-errors.ts";
import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { Secret } from "../../src/domain/secret.ts";
import { aFakeRegistry, answer, answerHtml, type Answering } from "./fake-registry.ts";
import { A_REQUEST, anyRequest } from "./wire-values.ts";

const { requests } = loadSchemas({ requests: "r", outcomes: "o" });
const ID = 7;

/** A registry that knows the request schema, and the bytes of a request. */
async function setUp(...options: Parameters<typeof aFakeRegistry>) {
  const fake = await aFakeRegistry(...options);
  fake.schemas.set(ID, { schema: requests.text });
  let now = 0;
  const registry = createRegistry(fake.config, () => now);
  const bytes = await createRegistry(fake.config).encode(ID, A_REQUEST);
  fake.requests.length = 0;
  return { fake, registry, bytes, pass: (ms: number) => (now += ms) };
}

/** The bytes of a record that was written with another schema. */
function framed(id: number, ...payload: number[]): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, Buffer.from(payload)]);
}

describe("decode", () => {
  it("gives int64 exactly, and timestamps as numbers", async () => {
    const { registry, bytes } = await setUp();
    expect(await registry.decode(bytes)).toMatchObject({
      kind: "decoded",
      schemaName: "rerun.v1.RerunRequest",
      value: {
        requestedAt: 1_700_000_000_000,
        operation: {
          "rerun.v1.DataWorksRerunTaskInstances": { instanceIds: [9007199254740993n] },
        },
      },
    });
  });

  it("gives int64 exactly however the writer's schema spells a long", async () => {
    const { fake, registry } = await setUp();
    const fields = [{ name: "id", type: { type: "long", "java.class": "Long" } }];
    fake.schemas.set(9, { schema: JSON.stringify({ type: "record", name: "Other", fields }) });
    const max = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    expect(await registry.decode(framed(9, ...max))).toMatchObject({
      schemaName: "Other",
      value: { id: 2n ** 63n - 1n },
    });
  });

  it("asks for a schema once, however many records wait for it", async () => {
    const { fake, registry, bytes } = await setUp();
    await Promise.all(Array.from({ length: 50 }, async () => registry.decode(bytes)));
    await registry.decode(bytes);
    expect(fake.requests).toEqual(["GET /registry/schemas/ids/7"]);
  });

  it("goes on without the registry once it knows the schema", async () => {
    const { fake, registry, bytes } = await setUp();
    await registry.decode(bytes);
    fake.answering = answer(500, {});
    expect(await registry.decode(bytes)).toMatchObject({ kind: "decoded" });
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["nothing", () => Buffer.alloc(0)],
    ["three bytes", () => Buffer.alloc(3)],
    ["JSON", () => Buffer.from(JSON.stringify(A_REQUEST.requestId))],
    ["id 0", () => framed(0)],
    ["a negative id", () => framed(-1)],
    ["a truncated record", (bytes) => bytes.subarray(0, -1)],
    ["a record with trailing bytes", (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ])("calls %s undecodable", async (_, damage) => {
    const { registry, bytes } = await setUp();
    expect(await registry.decode(damage(bytes))).toMatchObject({
      kind: "poison",
      reason: "undecodable",
    });
  });

  it("calls a timestamp past 2^53 undecodable", async () => {
    const { fake, registry } = await setUp();
    const at = { name: "at", type: { type: "long", logicalType: "timestamp-millis" } };
    fake.schemas.set(9, { schema: JSON.stringify({ type: "record", name: "A", fields: [at] }) });
    const bytes = framed(9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    expect(await registry.decode(bytes)).toMatchObject({ reason: "undecodable" });
  });

  it.each([
    [
      "an array of 2^40 items",
      { type: "array", items: "string" },
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
    ],
    [
      "a second block of 2^40 items",
      { type: "array", items: "string" },
      [2, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
    ],
    [
      "a map of 2^40 entries",
      { type: "map", values: "string" },
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x40],
    ],
    // One item whose length of -2 leads back to the count of the block.
    ["a string of negative length", { type: "array", items: "string" }, [2, 3, 0]],
    ["bytes of negative length", { type: "array", items: "bytes" }, [2, 3, 0]],
    ["a key of negative length", { type: "map", values: "null" }, [2, 3, 0]],
  ])("is not led astray by %s", async (_, type, payload) => {
    const { fake, registry } = await setUp();
    const schema = { type: "record", name: "Astray", fields: [{ name: "list", type }] };
    fake.schemas.set(9, { schema: JSON.stringify(schema) });
    expect(await registry.decode(framed(9, ...payload))).toMatchObject({ reason: "undecodable" });
  });

  it.each([
    ["JSON Schema", { schemaType: "JSON", schema: '{"type":"object"}' }],
    ["Avro that does not parse", { schema: '{"type":"record","name":"A"}' }],
  ])("calls a record of %s undecodable", async (_, schema) => {
    const { fake, registry } = await setUp();
    fake.schemas.set(9, schema);
    expect(await registry.decode(framed(9, 0))).toMatchObject({ reason: "undecodable" });
  });

  it("decodes a record of another schema under that schema's name", async () => {
    const { fake, registry } = await setUp();
    fake.schemas.set(9, { schema: '{"type":"record","name":"Other","namespace":"n","fields":[]}' });
    fake.schemas.set(10, { schema: '"string"' });
    expect(await registry.decode(framed(9))).toMatchObject({ schemaName: "n.Other" });
    expect(await registry.decode(framed(10, 0))).toMatchObject({ schemaName: "string", value: "" });
  });

  it("never rejects, whatever the bytes", async () => {
    const { registry } = await setUp();
    const payload = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(payload, async (bytes) => {
        const { kind } = await registry.decode(framed(ID, ...bytes));
        expect(["decoded", "poison"]).toContain(kind);
      }),
      { numRuns: 2_000 },
    );
  });

  it("never rejects, whatever happens to a sound record", async () => {
    const { registry } = await setUp();
    const change = fc.record({ at: fc.nat(500), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(anyRequest, fc.array(change), async (request, changes) => {
        const bytes = await registry.encode(ID, request);
        for (const { at, to } of changes) bytes[5 + (at % (bytes.length - 5))] = to;
        const { kind } = await registry.decode(bytes);
        expect(["decoded", "poison"]).toContain(kind);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("decode, when the registry does not know the id", () => {
  it("waits 30 s for it to turn up", async () => {
    const { fake, registry, bytes, pass } = await setUp();
    fake.schemas.clear();
    expect(await registry.decode(bytes)).toMatchObject({ kind: "unavailable" });
    pass(29_999);
    expect(await registry.decode(bytes)).toMatchObject({ kind: "unavailable" });
    fake.schemas.set(ID, { schema: requests.text });
    expect(await registry.decode(bytes)).toMatchObject({ kind: "decoded" });
  });

  it("then calls the schema unknown, and asks no more than every 30 s", async () => {
    const { fake, registry, bytes, pass } = await setUp();
    fake.schemas.clear();
    await registry.decode(bytes);
    pass(30_000);
    const unknown = { kind: "poison", reason: "unknown-schema" };
    expect(await registry.decode(bytes)).toMatchObject(unknown);
    const asked = fake.requests.length;
    pass(29_999);
    expect(await registry.decode(bytes)).toMatchObject(unknown);
    expect(fake.requests).toHaveLength(asked);
    pass(1);
    fake.schemas.set(ID, { schema: requests.text });
    expect(await registry.decode(bytes)).toMatchObject({ kind: "decoded" });
  });

  it("does not take a proxy's word for it", async () => {
    const { fake, registry, bytes, pass } = await setUp();
    fake.answering = answerHtml(404);
    await registry.decode(bytes);
    pass(60_000);
    expect(await registry.decode(bytes)).toMatchObject({ kind: "unavailable" });
  });
});

const TROUBLES: readonly [string, Answering | null][] = [
  ["answers 500", answer(500, { error_code: 50001, message: "store" })],
  ["answers 503 from a proxy", answerHtml(503)],
  ["answers 401", answer(401, { error_code: 401, message: "Unauthorized" })],
  ["answers 429", answer(429, { error_code: 429, message: "slow down" })],
  ["answers 200 with a login page", answerHtml(200)],
  ["answers 200 with other JSON", answer(200, { status: "UP" })],
  ["hangs up", (response) => response.destroy()],
  ["never answers", () => undefined],
  ["stops in the middle of the answer", (response) => response.writeHead(200).write('{"schema":')],
  [
    "hangs up in the middle of the answer",
    (response) => {
      response.writeHead(200, { "content-length": 100 }).write('{"schema":', () => {
        response.destroy();
      });
    },
  ],
];

describe.each(TROUBLES)("when the registry %s", (_, answering) => {
  it("decode says so, and works again afterwards", async () => {
    const { fake, registry, bytes } = await setUp({ timeoutMs: 300 });
    fake.answering = answering;
    expect(await registry.decode(bytes)).toMatchObject({ kind: "unavailable" });
    fake.answering = null;
    expect(await registry.decode(bytes)).toMatchObject({ kind: "decoded" });
  });

  it("encode and idOf reject as unavailable", async () => {
    const { fake, registry } = await setUp({ timeoutMs: 300 });
    fake.answering = answering;
    await expect(registry.encode(ID, A_REQUEST)).rejects.toThrow(RegistryUnavailable);
    await expect(registry.idOf("s", "{}")).rejects.toThrow(RegistryUnavailable);
  });
});

it("tells a refused connection from a refused question", async () => {
  const config = {
    url: "http://127.0.0.1:1",
    username: null,
    password: null,
    timeoutMs: 1_000,
    ca: null,
  };
  const registry = createRegistry(config);
  const unavailable = {
    kind: "unavailable",
    message: expect.stringContaining("ECONNREFUSED") as string,
  };
  expect(await registry.decode(framed(ID, 0))).toMatchObject(unavailable);
  await expect(registry.idOf("s", "{}")).rejects.toThrow(RegistryUnavailable);
});

it("shows an address without the credentials in it", async () => {
  const config = {
    url: "http://me:hunter2@127.0.0.1:1",
    username: null,
    password: null,
    timeoutMs: 1_000,
    ca: null,
  };
  const registry = createRegistry(config);
  expect(JSON.stringify(await registry.decode(framed(ID, 0)))).not.toContain("hunter2");
  await expect(registry.latest("s")).rejects.not.toThrow("hunter2");
});

it("asks once a time, whatever another client of the library was told about retries", async () => {
  const { fake, bytes } = await setUp();
  fake.answering = answer(503, {});
  for (const registry of [createRegistry(fake.config), createRegistry(fake.config)]) {
    fake.requests.length = 0;
    await registry.decode(bytes);
    expect(fake.requests).toHaveLength(1);
  }
});

it("identifies itself with name and password", async () => {
  const { fake, registry, bytes } = await setUp({ username: "me", password: new Secret("pass") });
  await registry.decode(bytes);
  await registry.latest("s");
  const expected = `Basic ${Buffer.from("me:pass").toString("base64")}`;
  expect(new Set(fake.authorizations)).toEqual(new Set([expected]));
});

it("trusts the configured authority, and without it nobody unknown", async () => {
  const { private: key, cert } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  const { fake, registry, bytes } = await setUp({ tls: { key, cert }, ca: cert });
  expect(await registry.decode(bytes)).toMatchObject({ kind: "decoded" });
  expect(await registry.latest("s")).toBeNull();

  const stranger = createRegistry({ ...fake.config, ca: null });
  expect(await stranger.decode(bytes)).toMatchObject({ kind: "unavailable" });
  await expect(stranger.latest("s")).rejects.toThrow(RegistryUnavailable);
});

it("says which subject lacks the schema, and what to do", async () => {
  const { registry } = await setUp();
  const asking = registry.idOf("rerun.outcomes-value", "{}");
  await expect(asking).rejects.toThrow(SchemaNotRegistered);
  await expect(asking).rejects.toThrow(
    "rerun.outcomes-value: this schema is not registered; `schemas --register` registers it",
  );
});

it("rejects a value that does not fit its schema as what it is, a bug", async () => {
  const { registry } = await setUp();
  const encoding = registry.encode(ID, { ...A_REQUEST, provider: 5 });
  await expect(encoding).rejects.toThrow(/provider|invalid/);
  await expect(encoding).rejects.not.toThrow(RegistryUnavailable);
});
