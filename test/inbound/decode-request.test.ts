import { describe, expect, test } from "vitest";

import type { Decoding } from "../../src/avro/registry.ts";
import { RequestDecoder } from "../../src/inbound/decode-request.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";
import { aDecodedRequest, aSource, REQUEST_RECORD } from "./a-request.ts";
import { aRecord } from "./a-record.ts";

const TRACEPARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

function decoderOf(decoding: Decoding, maxRequestBytes?: number): RequestDecoder {
  return new RequestDecoder({
    registry: { decode: async () => decoding },
    parser: new RequestParser({ targetsPerRequest: 200 }),
    ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }),
  });
}

function decoded(value: unknown, schemaName = REQUEST_RECORD): Decoding {
  return { kind: "decoded", schemaName, value };
}

describe("a record becomes", () => {
  test("a request that knows its source and when it came", async () => {
    const end = await decoderOf(decoded(aDecodedRequest())).decode(aRecord(7n), 1234);
    expect(end).toMatchObject({
      kind: "request",
      received: {
        request: { requestId: "req-1" },
        source: aSource(7n),
        receivedAt: 1234,
        trace: null,
      },
    });
  });

  test("a senseless request that knows the same", async () => {
    const headers = { traceparent: Buffer.from(TRACEPARENT) };
    const decoder = decoderOf(decoded(aDecodedRequest({ requestId: "" })));
    expect(await decoder.decode(aRecord(7n, { headers }), 1234)).toMatchObject({
      kind: "senseless",
      request: { requestId: "" },
      reason: { code: "INVALID_REQUEST" },
      source: aSource(7n),
      receivedAt: 1234,
      trace: { traceparent: TRACEPARENT, tracestate: null },
    });
  });

  test("an empty dead letter when it is a tombstone", async () => {
    const end = await decoderOf(decoded({})).decode(aRecord(7n, { value: null }), 0);
    expect(end).toMatchObject({ kind: "dead-letter", reason: "empty" });
  });

  test.each(["undecodable", "unknown-schema"] as const)("a dead letter: %s", async (reason) => {
    const end = await decoderOf({ kind: "poison", reason, message: "m" }).decode(aRecord(7n), 0);
    expect(end).toEqual({ kind: "dead-letter", reason, message: "m" });
  });

  test("a dead letter of another schema", async () => {
    const end = await decoderOf(decoded({}, "other.Thing")).decode(aRecord(7n), 0);
    expect(end).toMatchObject({ kind: "dead-letter", reason: "wrong-schema" });
  });

  test("nothing yet, while the registry is away", async () => {
    const away = { kind: "unavailable", message: "refused" } as const;
    expect(await decoderOf(away).decode(aRecord(7n), 0)).toEqual(away);
  });
});

describe("too large for its outcomes", () => {
  const value = Buffer.alloc(101);

  test("is a request above the limit, whether it makes sense or not", async () => {
    const sound = decoderOf(decoded(aDecodedRequest()), 100);
    const senseless = decoderOf(decoded(aDecodedRequest({ requestId: "" })), 100);
    const tooLarge = { kind: "dead-letter", reason: "too-large" };
    expect(await sound.decode(aRecord(1n, { value }), 0)).toMatchObject(tooLarge);
    expect(await senseless.decode(aRecord(1n, { value }), 0)).toMatchObject(tooLarge);
  });

  test("is none at the limit, and none before the limit is known", async () => {
    const decoder = decoderOf(decoded(aDecodedRequest()));
    expect(await decoder.decode(aRecord(1n, { value }), 0)).toHaveProperty("kind", "request");
    decoder.maxRequestBytes = 101;
    expect(await decoder.decode(aRecord(1n, { value }), 0)).toHaveProperty("kind", "request");
  });

  test("is not what cannot be decoded: that says more", async () => {
    const poison = { kind: "poison", reason: "undecodable", message: "m" } as const;
    const end = await decoderOf(poison, 100).decode(aRecord(1n, { value }), 0);
    expect(end).toHaveProperty("reason", "undecodable");
  });
});

describe("trace headers", () => {
  async function traceOf(headers: Record<string, string | Buffer | string[]>): Promise<unknown> {
    const end = await decoderOf(decoded(aDecodedRequest())).decode(aRecord(1n, { headers }), 0);
    return end.kind === "request" ? end.received.trace : end.kind;
  }

  test("travel along", async () => {
    expect(await traceOf({ traceparent: TRACEPARENT, tracestate: Buffer.from("v=1") })).toEqual({
      traceparent: TRACEPARENT,
      tracestate: "v=1",
    });
  });

  test("that nobody could use are dropped", async () => {
    expect(await traceOf({ traceparent: "00-1-2-3" })).toBeNull();
    expect(await traceOf({ tracestate: "v=1" })).toBeNull();
    const tracestate = "x".repeat(513);
    expect(await traceOf({ traceparent: TRACEPARENT, tracestate })).toEqual({
      traceparent: TRACEPARENT,
      tracestate: null,
    });
  });
});
