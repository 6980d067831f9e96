import { readFileSync } from "node:fs";

import { afterEach, expect, inject, test, vi } from "vitest";

import { createRegistry } from "../../src/avro/registry.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { RequestDecoder } from "../../src/inbound/decode-request.ts";
import type { Senseless } from "../../src/inbound/desk.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";
import { aDecodedOperation, aDecodedRequest } from "../inbound/a-request.ts";
import { aWorld, createTopic, Inbound, PATIENCE, produce } from "../inbound/on-a-broker.ts";

const schemaText = readFileSync(
  new URL("../../schemas/rerun-request.avsc", import.meta.url),
  "utf8",
);

const running: Inbound[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (inbound) => inbound.stop()));
});

/** Every field filled, as a writer must. */
function aWholeRequest(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...aDecodedOperation("DataWorksRerunTaskInstances", {
      instanceIds: [9007199254740993n],
      comment: null,
      useLatestConfig: true,
    }),
    reason: null,
    priority: "HIGH",
    notBefore: null,
    notAfter: 1_800_000_000_000,
    dryRun: false,
    force: false,
    replayOf: null,
    causedBy: null,
    correlationId: "c-1",
    labels: { team: "billing" },
    ...overrides,
  };
}

function aRegistry() {
  return createRegistry({
    url: inject("registryUrl"),
    username: null,
    password: null,
    timeoutMs: 10_000,
    ca: null,
  });
}

test("records of every kind, through broker and registry, end where they belong", async () => {
  const config = aWorld(inject("brokers"));
  await createTopic(config, config.topics.requests, 1);
  const registry = aRegistry();
  const subject = `${config.topics.requests}-value`;
  const id = await registry.register(subject, schemaText, "BACKWARD_TRANSITIVE");
  const foreignText = JSON.stringify({ type: "record", name: "other.Thing", fields: [] });
  const foreign = await registry.register(`${subject}-other`, foreignText, "BACKWARD_TRANSITIVE");
  const sound = await registry.encode(id, aWholeRequest());

  const decoder = new RequestDecoder({
    registry,
    parser: new RequestParser({ targetsPerRequest: 200 }),
  });
  const received: ReceivedRequest[] = [];
  const rejected: Senseless[] = [];
  const inbound = new Inbound(config, {
    decoder,
    desk: {
      receive: (one) => {
        received.push(one);
        return { kind: "taken" };
      },
      reject: (one) => {
        rejected.push(one);
        return { kind: "taken" };
      },
      forget: () => new Set(),
    },
  });
  running.push(inbound);
  inbound.start();
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  await produce(config, [
    { value: Buffer.from("garbage") },
    { value: null },
    { value: sound.subarray(0, sound.length - 3) },
    { value: await registry.encode(foreign, {}) },
    { value: await registry.encode(id, aWholeRequest({ requestId: "not allowed" })) },
    { value: sound, headers: { traceparent, tracestate: "v=1" } },
  ]);

  await vi.waitFor(() => expect(received).toHaveLength(1), PATIENCE);
  expect(inbound.fakes.deadLetters.published).toEqual([
    "0 undecodable",
    "1 empty",
    "2 undecodable",
    "3 wrong-schema",
  ]);
  expect(rejected).toMatchObject([
    {
      request: { requestId: "not allowed" },
      reason: { code: "INVALID_REQUEST" },
      source: { offset: 4n },
    },
  ]);
  expect(received).toMatchObject([
    {
      request: {
        requestId: aDecodedRequest()["requestId"],
        operation: { kind: "DataWorksRerunTaskInstances", instanceIds: ["9007199254740993"] },
        priority: "HIGH",
        notAfter: 1_800_000_000_000,
        labels: { team: "billing" },
      },
      source: { topic: config.topics.requests, partition: 0, offset: 5n },
      trace: { traceparent, tracestate: "v=1" },
    },
  ]);
});
