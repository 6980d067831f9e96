import { randomBytes } from "node:crypto";

import avro from "avsc";
import { ConfigResourceTypes, type Message } from "kafkajs";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { produceForeign } from "../support/foreign-producer.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

/** Where the poison goes that is decided at once. */
const POISONED = 0;
/** Gets a schema id that the registry denies; that is believed after half a minute. */
const DOUBTING = 1;
const LARGE = 2;
/** Gets a record that the dead-letter topic does not take, until its owner makes room. */
const STUCK = 3;

const MAX_MESSAGE_BYTES = 1_048_588;
/** What the journal takes beside 64 KiB, which is what the requests topic takes, by 2.5. */
const LARGEST_CLAIMED = Math.floor(MAX_MESSAGE_BYTES / 2.5);
/** What a record batch of one record needs beside its key and value, generously. */
const BATCH_BYTES = 120;

const unknownId = withHeader(99_999_999, Buffer.from("nobody can tell"));
const hugeGarbage = Buffer.concat([Buffer.from([0xff]), randomBytes(700_000)]);

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;
let otherSchemaId: number;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-dead-letters",
      partitions: 4,
    }),
    processes.simulator(),
  ]);
  otherSchemaId = await topics.registry.register(
    `${topics.place.topics.requests}-other-value`,
    JSON.stringify({ type: "record", name: "Other", fields: [{ name: "a", type: "string" }] }),
    "BACKWARD_TRANSITIVE",
  );
  service = await processes.readyService(
    configOf(topics.place, [wedataAt(simulator.tencentUrl), dataworksAt(simulator.alibabaUrl)]),
  );
  // Not before: a service does not begin while the dead-letter topic is too small.
  await setDeadLetterLimit(600_000);
  // These two take half a minute, so they come first.
  await topics.sendRaw({ partition: DOUBTING, value: unknownId });
  await topics.sendRaw({ partition: STUCK, key: "huge", value: hugeGarbage });
  await topics.send(forWedata("behind-unknown-id"), { partition: DOUBTING });
  await topics.send(forWedata("behind-stuck"), { partition: STUCK });
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

async function setDeadLetterLimit(bytes: number): Promise<void> {
  const configEntries = [{ name: "max.message.bytes", value: String(bytes) }];
  const type = ConfigResourceTypes.TOPIC;
  const name = topics.place.topics.deadLetters;
  await topics.admin.alterConfigs({
    validateOnly: false,
    resources: [{ type, name, configEntries }],
  });
  // A broker hears of it a moment later.
  const asked = { type, name, configNames: ["max.message.bytes"] };
  await vi.waitFor(async () => {
    const described = { includeSynonyms: false, resources: [asked] };
    const { resources } = await topics.admin.describeConfigs(described);
    expect(resources[0]?.configEntries[0]?.configValue).toBe(String(bytes));
  }, 30_000);
}

/** The wire format: a zero, the schema's id, the content. */
function withHeader(schemaId: number, content: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, content]);
}

interface StatusPage {
  readonly notReadyBecause: readonly string[];
  readonly intake: {
    readonly blockedPartitions: readonly { readonly partition: number; readonly why: string }[];
  };
}

async function status(): Promise<StatusPage> {
  return (await (await fetch(`${service.url}/status`)).json()) as StatusPage;
}

async function blockedPartitions(): Promise<readonly number[]> {
  return (await status()).intake.blockedPartitions.map(({ partition }) => partition).toSorted();
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

describe("partitions that have to wait", () => {
  it("say so in /status, /readyz and the log", async () => {
    await waitFor(
      "both are blocked",
      async () => (await blockedPartitions()).join() === `${DOUBTING},${STUCK}`,
    );
    const { intake } = await status();
    const whyOf = (one: number) => intake.blockedPartitions.find((at) => at.partition === one)?.why;
    expect(whyOf(DOUBTING)).toContain("99999999");
    expect(whyOf(STUCK)).toContain("too large for the dead-letter topic");
    let reasons: readonly string[] = [];
    // A second without an answer of the brokers is a reason too, and soon over.
    await waitFor("there are two reasons", async () => {
      const answer = await fetch(`${service.url}/readyz`);
      ({ reasons } = (await answer.json()) as { reasons: readonly string[] });
      return answer.status === 503 && reasons.length === 2;
    });
    expect(reasons.join("\n")).toContain(`partition ${STUCK}: offset 0: too large`);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    const told = () => service.logLines.filter((line) => line.includes('"service.not-ready"'));
    // The log may have told of one of them before the other one was blocked.
    await waitFor("the log tells of both", () =>
      [DOUBTING, STUCK].every((one) => told().at(-1)?.includes(`partition ${one}`) === true),
    );
    expect(told().at(-1)).toContain("too large for the dead-letter topic");
    expect(told().at(-1)).toContain("99999999");
  });

  it("let the other partitions go on", async () => {
    await topics.send(forWedata("elsewhere"), { partition: LARGE });
    expect(await topics.final("elsewhere")).toMatchObject({ status: "SUCCEEDED" });
    expect(await blockedPartitions()).toEqual([DOUBTING, STUCK]);
    expect([...topics.of("behind-unknown-id"), ...topics.of("behind-stuck")]).toEqual([]);
  });
});

describe("a record that cannot be worked", () => {
  const other = avro.Type.forSchema({
    type: "record",
    name: "Other",
    fields: [{ name: "a", type: "string" }],
  });
  const encoded = async () => topics.encode(forWedata("cut-off"));

  it.each<[string, string, () => Promise<Buffer | null>]>([
    ["garbage", "undecodable", async () => randomBytes(64).fill(0xee, 0, 1)],
    ["a value that is too short", "undecodable", async () => Buffer.from([0, 0, 0])],
    ["text", "undecodable", async () => Buffer.from('{"requestId":"r-1"}')],
    ["truncated Avro", "undecodable", async () => (await encoded()).subarray(0, -20)],
    [
      "Avro with more behind it",
      "undecodable",
      async () => Buffer.concat([await encoded(), Buffer.from("more")]),
    ],
    ["a tombstone", "empty", async () => null],
    [
      "a record of another schema",
      "wrong-schema",
      async () => withHeader(otherSchemaId, other.toBuffer({ a: "something else" })),
    ],
  ])("is a dead letter with its bytes, key and headers: %s", async (name, reason, make) => {
    const value = await make();
    const own = { traceparent: "not looked at", bytes: Buffer.from([0, 255, 128]) };
    const before = (await topics.offsets())[POISONED]!.end;
    const counted = async () =>
      sumOf(await fetchMetrics(service), "rerun_dead_letters_total", { reason });
    const countedBefore = await counted();
    const id = `behind-${name.replaceAll(" ", "-")}`;
    const key = Buffer.from([1, 0, 254]);
    await topics.sendRaw({
      partition: POISONED,
      key,
      value,
      headers: own,
      timestamp: "1700000000123",
    });
    await topics.send(forDataworks(id, [BigInt(before) + 1n]), { partition: POISONED });

    const letter = await topics.deadLetter(POISONED, BigInt(before));
    expect(letter.value).toEqual(value);
    expect(letter.key).toEqual(key);
    expect(letter.headers["bytes"]).toEqual(own.bytes);
    expect(textHeaders({ ...letter.headers, bytes: "seen" })).toEqual({
      bytes: "seen",
      traceparent: own.traceparent,
      "dlq-reason": reason,
      "dlq-message": expect.stringMatching(/\w{3}/) as string,
      "dlq-source-topic": topics.place.topics.requests,
      "dlq-source-partition": String(POISONED),
      "dlq-source-offset": before,
      "dlq-source-timestamp": "1700000000123",
      "dlq-time": expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      "dlq-redrives": "0",
      "dlq-dispatcher": expect.stringMatching(/^[0-9a-f-]{36} \d+\.\d+\.\d+$/) as string,
    });
    expect(await topics.final(id)).toMatchObject({ status: "SUCCEEDED" });
    expect(await counted()).toBe(countedBefore + 1);
  });

  it("is a dead letter when its requestId stands for another request", async () => {
    await topics.send(forWedata("conflict", ["first"]), { partition: POISONED });
    await topics.final("conflict");
    const offset = BigInt((await topics.offsets())[POISONED]!.end);
    const second = await topics.encode(forWedata("conflict", ["second"]));
    await topics.sendRaw({ partition: POISONED, value: second });
    await topics.send(forWedata("behind-conflict"), { partition: POISONED });
    const letter = await topics.deadLetter(POISONED, offset);
    expect(textHeaders(letter.headers)["dlq-reason"]).toBe("conflicting-request-id");
    expect(letter.value).toEqual(second);
    expect(await topics.final("behind-conflict")).toMatchObject({ status: "SUCCEEDED" });
    expect(await rerunsOf(simulator, instanceKey("second"))).toEqual([]);
    expect(topics.of("conflict")).toHaveLength(2);
  });

  it("counts how often it was put back, and replaces the headers of the time before", async () => {
    const offset = BigInt((await topics.offsets())[POISONED]!.end);
    const headers = { "dlq-redrives": "2", "dlq-reason": "empty", "dlq-source-offset": "1" };
    await topics.sendRaw({ partition: POISONED, value: "again", headers });
    const letter = await topics.deadLetter(POISONED, offset);
    expect(textHeaders(letter.headers)).toMatchObject({
      "dlq-redrives": "3",
      "dlq-reason": "undecodable",
      "dlq-source-offset": String(offset),
    });
  });
});

describe("a record as large as the topic takes", () => {
  beforeAll(async () => setDeadLetterLimit(MAX_MESSAGE_BYTES + 64 * 1024));

  /** Sends to the large partition and tells the offset of the first. */
  async function send(...messages: readonly Omit<Message, "partition">[]): Promise<bigint> {
    const offset = BigInt((await topics.offsets())[LARGE]!.end);
    for (const message of messages) await topics.sendRaw({ ...message, partition: LARGE });
    return offset;
  }

  it("is a dead letter in one piece when it cannot be decoded", async () => {
    const value = randomBytes(MAX_MESSAGE_BYTES - BATCH_BYTES).fill(0xee, 0, 1);
    const next = await topics.encode(forWedata("behind-large-garbage"));
    const offset = await send({ value }, { value: next });
    const letter = await topics.deadLetter(LARGE, offset);
    expect(letter.value?.equals(value)).toBe(true);
    expect(textHeaders(letter.headers)["dlq-reason"]).toBe("undecodable");
    expect(await topics.final("behind-large-garbage")).toMatchObject({ status: "SUCCEEDED" });
  });

  it.each([
    ["as large as its topic takes", MAX_MESSAGE_BYTES - BATCH_BYTES],
    ["a byte too large for the journal", LARGEST_CLAIMED + 1],
  ])("is a dead letter when it could not be claimed: %s", async (_, bytes) => {
    const id = `too-large-${bytes}`;
    const value = await largeRequest(id, bytes);
    const next = await topics.encode(forWedata(`behind-${id}`));
    const offset = await send({ value }, { value: next });
    const letter = await topics.deadLetter(LARGE, offset);
    expect(letter.value?.equals(value)).toBe(true);
    expect(textHeaders(letter.headers)).toMatchObject({
      "dlq-reason": "too-large",
      "dlq-message": expect.stringContaining(`above ${LARGEST_CLAIMED}`) as string,
    });
    expect(await topics.final(`behind-${id}`)).toMatchObject({ status: "SUCCEEDED" });
    expect(await rerunsOf(simulator, instanceKey(id))).toEqual([]);
  });

  it("is worked when its claim and its outcome can be written", async () => {
    await send({ value: await largeRequest("just-right", LARGEST_CLAIMED) });
    const outcome = await topics.final("just-right");
    expect(outcome).toMatchObject({ status: "SUCCEEDED" });
    expect(outcome.labels["padding"]?.length).toBeGreaterThan(400_000);
  });

  /** A request of exactly so many bytes, all of which its outcomes must carry. */
  async function largeRequest(id: string, bytes: number): Promise<Buffer> {
    const padded = async (length: number) =>
      topics.encode(forWedata(id, [id], { labels: { padding: "x".repeat(length) } }));
    const estimate = await padded(bytes - 1000);
    const value = await padded(bytes - 1000 + (bytes - estimate.length));
    expect(value).toHaveLength(bytes);
    return value;
  }
});

describe("requests from a foreign producer", () => {
  const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
  const idsOf = (codec: string) => Array.from({ length: 4 }, (_, n) => `${codec}-${n}`);
  const labelsOf = (codec: string) => ({ padding: `${codec} and again `.repeat(300) });
  // All at once, because some of them come to stand in the partitions that still wait.
  beforeAll(async () => {
    const { brokers, topics: names } = topics.place;
    for (const codec of codecs) {
      const labels = labelsOf(codec);
      const requests = idsOf(codec).map((id) => forWedata(id, [id], { labels }));
      const lines = await Promise.all(requests.map(async (request) => topics.encode(request)));
      await produceForeign({ brokers, topic: names.requests, codec, lines });
    }
  });

  it.each(codecs)("are worked: %s", async (codec) => {
    const finals = await topics.finals(idsOf(codec));
    expect(finals.map((outcome) => outcome.status)).toEqual(finals.map(() => "SUCCEEDED"));
    expect(finals.map(({ labels }) => labels)).toEqual(finals.map(() => labelsOf(codec)));
  });
});

describe("partitions that had to wait", () => {
  it("go on when the registry has denied an id for long enough", async () => {
    const letter = await topics.deadLetter(DOUBTING, 0n);
    expect(textHeaders(letter.headers)["dlq-reason"]).toBe("unknown-schema");
    expect(letter.value).toEqual(unknownId);
    expect(await topics.final("behind-unknown-id")).toMatchObject({ status: "SUCCEEDED" });
  });

  it("go on when there is room for their dead letter", async () => {
    const letter = await topics.deadLetter(STUCK, 0n);
    expect(letter.value?.equals(hugeGarbage)).toBe(true);
    expect(await topics.final("behind-stuck")).toMatchObject({ status: "SUCCEEDED" });
    await waitFor("none is blocked", async () => (await blockedPartitions()).length === 0);
    await waitFor("it is ready", async () => (await fetch(`${service.url}/readyz`)).status === 200);
  });
});

describe("in the end", () => {
  it("every offset is committed", async () => {
    await topics.allCommitted();
    const letters = sumOf(await fetchMetrics(service), "rerun_dead_letters_total");
    expect(letters).toBe(topics.deadLetters.length);
  });
});
