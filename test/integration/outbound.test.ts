import { describe, expect, inject, it, vi } from "vitest";

import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { createKafka } from "../../src/kafka/client.ts";
import type { OutgoingRecord } from "../../src/kafka/outgoing-record.ts";
import { RecordPublisher } from "../../src/kafka/publisher.ts";
import { headerText } from "../../src/kafka/record.ts";
import { DeadLetters } from "../../src/outbound/dead-letters.ts";
import { Outbox } from "../../src/outbound/outbox.ts";
import { outcomeIdOf } from "../../src/outbound/outcome-id.ts";
import { aLog } from "../kafka/a-log.ts";
import { connectTo, type Connection, createTopic } from "../kafka/real-topics.ts";
import { anOutcome } from "../outbound/an-outcome.ts";

function aPublisher({ config }: Connection, signal = new AbortController().signal) {
  const log = aLog();
  return { log, publisher: new RecordPublisher({ kafka: createKafka(config, log), log, signal }) };
}

function aRecord(value: string, overrides: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { key: "key", value: Buffer.from(value), headers: {}, ...overrides };
}

describe("RecordPublisher", () => {
  it("writes records in the order of asking", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic({ partitions: 3 });
    const { publisher } = aPublisher(connection);
    const values = Array.from({ length: 2_000 }, (_, i) => String(i));
    const ends = await Promise.all(
      values.map(async (value) => publisher.publish(topic, aRecord(value))),
    );
    await publisher.close();

    expect(new Set(ends.map(({ kind }) => kind))).toEqual(new Set(["published"]));
    const written = await connection.records(topic);
    expect(written.map(({ value }) => value?.toString())).toEqual(values);
  });

  it("keeps bytes, tombstones, missing keys and repeated headers as they are", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    const { publisher } = aPublisher(connection);
    const headers = { many: [Buffer.from([0xff]), Buffer.from([0])] };
    await publisher.publish(topic, aRecord("\u0000", { key: null, headers }));
    await publisher.publish(topic, aRecord("", { key: Buffer.from([0xfe]), value: null }));
    await publisher.close();

    expect(await connection.records(topic)).toMatchObject([
      { key: null, value: Buffer.from([0]), headers },
      { key: Buffer.from([0xfe]), value: null, headers: {} },
    ]);
  });

  // A kafkajs that could write them would let this test fail, and writableHeaders go.
  it("writes a header without a value as an empty one, so that its record does not wait for ever", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    const { publisher } = aPublisher(connection);
    const nothing = null as unknown as undefined;
    const headers = { none: nothing, some: [Buffer.from("a"), nothing as never] };
    await publisher.publish(topic, aRecord("value", { headers }));
    await publisher.close();

    const empty = Buffer.alloc(0);
    expect(await connection.records(topic)).toMatchObject([
      { headers: { none: empty, some: [Buffer.from("a"), empty] } },
    ]);
  });

  it("finds the one record that is too large, and writes all others in order", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic({ config: { "max.message.bytes": "2000" } });
    const { publisher } = aPublisher(connection);
    const values = Array.from({ length: 41 }, (_, i) => String(i).padStart(100, "0"));
    const huge = "x".repeat(5_000);
    values.splice(20, 0, huge);
    const ends = await Promise.all(
      values.map(async (value) => publisher.publish(topic, aRecord(value))),
    );
    const health = publisher.health();
    await publisher.close();

    expect(ends.flatMap(({ kind }, index) => (kind === "too-large" ? [index] : []))).toEqual([20]);
    const written = await connection.records(topic);
    expect(written.map(({ value }) => value?.toString())).toEqual(
      values.filter((value) => value !== huge),
    );
    expect(health).toBeNull();
  });

  it("waits for a topic that does not exist, and holds up no other", async () => {
    const connection = await connectTo(inject("brokers"));
    const present = await connection.topic();
    const absent = `${present}-absent`;
    const { publisher, log } = aPublisher(connection);
    const waiting = publisher.publish(absent, aRecord("late"));

    await vi.waitFor(() => expect(publisher.health()).toContain(absent), { timeout: 20_000 });
    expect(await publisher.publish(present, aRecord("at once"))).toEqual({ kind: "published" });
    expect(log.lines).toContainEqual(expect.objectContaining({ event: "publish.failed" }));

    await createTopic(connection.admin, { topic: absent });
    expect(await waiting).toEqual({ kind: "published" });
    expect(publisher.health()).toBeNull();
    await publisher.close();
  });

  it("gives up on everything when it is told to", async () => {
    const connection = await connectTo(inject("brokers"));
    const controller = new AbortController();
    const { publisher } = aPublisher(connection, controller.signal);
    const all = Promise.allSettled(
      ["a", "b"].map(async (value) => publisher.publish("t-absent", aRecord(value))),
    );
    await vi.waitFor(() => expect(publisher.health()).not.toBeNull(), { timeout: 20_000 });
    controller.abort(new Error("drained"));

    const rejected = { status: "rejected", reason: new Error("drained") };
    expect(await all).toEqual([rejected, rejected]);
    await expect(publisher.publish("t-absent", aRecord("c"))).rejects.toThrow("drained");
    await publisher.close();
  });
});

describe("Outbox", () => {
  it("publishes outcomes that others can read", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    const { requests, outcomes } = loadSchemas({ ...connection.config.topics, outcomes: topic });
    expect(requests.text).not.toBe(outcomes.text);
    const registry = createRegistry({
      ...{ url: inject("registryUrl"), username: null, password: null, timeoutMs: 5_000, ca: null },
    });
    const { publisher } = aPublisher(connection);
    const outbox = new Outbox({
      ...{ publisher, registry, topic, dispatcher: "pod-1 0.1.0" },
      schema: outcomes,
      signal: new AbortController().signal,
    });
    const outcome = anOutcome();
    const publishing = outbox.publish(outcome);
    await vi.waitFor(() => expect(outbox.health()).toContain("schemas --register"), {
      timeout: 20_000,
    });
    await registry.register(outcomes.subject, outcomes.text, outcomes.level);
    await publishing;
    await publisher.close();

    const [record] = await connection.records(topic);
    expect(record?.key?.toString()).toBe("r-1");
    expect(headerText(record!, "rerun-status")).toBe("REJECTED");
    expect(await registry.decode(record!.value!)).toMatchObject({
      schemaName: "rerun.v1.RerunOutcome",
      value: { outcomeId: outcomeIdOf(outcome), source: { offset: 9007199254740993n } },
    });
  });
});

describe("DeadLetters", () => {
  it("keep a record at the size limit of its topic whole", async () => {
    const connection = await connectTo(inject("brokers"));
    const limit = { "max.message.bytes": String(10_000 + 64 * 1024) };
    const topic = await connection.topic({ config: limit });
    const { publisher } = aPublisher(connection);
    const deadLetters = new DeadLetters({ publisher, topic, dispatcher: "d" });
    const record = {
      ...{ topic: "source", partition: 0, offset: 7n, timestamp: "1", key: null },
      value: Buffer.alloc(10_000, 0xff),
      headers: { mine: [Buffer.from("1"), Buffer.from("2")] },
    };
    expect(await deadLetters.deadLetter(record, "undecodable", "失".repeat(5_000))).toEqual({
      kind: "published",
    });
    await publisher.close();

    const [letter] = await connection.records(topic);
    expect(letter).toMatchObject({ key: null, value: record.value });
    expect(letter?.headers["mine"]).toEqual(record.headers.mine);
    expect(headerText(letter!, "dlq-source-offset")).toBe("7");
  });
});
