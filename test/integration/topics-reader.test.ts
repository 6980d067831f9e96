import { describe, expect, inject, it } from "vitest";

import { offsetRanges, readTopic } from "../../src/kafka/topic-reader.ts";
import { connectTo, type Connection } from "../kafka/real-topics.ts";
import { produceForeign } from "../support/foreign-producer.ts";

async function produce({ kafka }: Connection, topic: string, values: readonly string[]) {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ key: value, value })) });
  await producer.disconnect();
}

/** Reads until the end, or until `count` records came. */
async function read(
  { kafka }: Connection,
  topic: string,
  options: {
    from?: ReadonlyMap<number, bigint>;
    follow?: () => Promise<void>;
    count?: number;
  } = {},
): Promise<string[]> {
  const { follow, count = Infinity, from } = options;
  const controller = new AbortController();
  const values: string[] = [];
  const reading = readTopic({
    ...{ kafka, topic, groupPrefix: `reader-${topic}`, signal: controller.signal },
    until: follow === undefined ? "end" : "stopped",
    ...(from === undefined ? {} : { from }),
    onRecord: ({ value }) => {
      values.push(value?.toString() ?? "");
      if (values.length === count) controller.abort();
    },
  });
  await follow?.();
  await reading;
  return values.toSorted();
}

describe("readTopic", () => {
  it("reads every partition from its beginning to its present end", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic({ partitions: 4 });
    const values = Array.from({ length: 500 }, (_, i) => `value ${i}`).toSorted();
    await produce(connection, topic, values);
    expect(await read(connection, topic)).toEqual(values);
  });

  it("ends at once when there is nothing to read", async () => {
    const connection = await connectTo(inject("brokers"));
    expect(await read(connection, await connection.topic({ partitions: 2 }))).toEqual([]);
  });

  it("ends when the last records are gone, or are only the marks of a transaction", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    const producer = connection.kafka.producer({
      transactionalId: topic,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "one" }] });
    await transaction.commit();
    const undone = await producer.transaction();
    await undone.send({ topic, messages: [{ value: "undone" }] });
    await undone.abort();
    await producer.disconnect();
    expect(await read(connection, topic)).toEqual(["one"]);

    const { high } = (await offsetRanges(connection.admin, topic)).get(0)!;
    await connection.admin.deleteTopicRecords({
      topic,
      partitions: [{ partition: 0, offset: String(high) }],
    });
    expect(await read(connection, topic)).toEqual([]);
  });

  it("begins where it is told, and follows what comes until it is stopped", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    await produce(connection, topic, ["old 1", "old 2"]);
    const from = new Map([[0, 1n]]);
    const follow = async () => produce(connection, topic, ["new 1", "new 2"]);
    expect(await read(connection, topic, { from, follow, count: 3 })).toEqual([
      "new 1",
      "new 2",
      "old 2",
    ]);
  });

  it("leaves no consumer group behind", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    await produce(connection, topic, ["one"]);
    await read(connection, topic);
    const { groups } = await connection.admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.includes(topic))).toEqual([]);
  });

  it("ends with the error of whoever takes the records", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await connection.topic();
    await produce(connection, topic, ["one", "two"]);
    const reading = readTopic({
      ...{ kafka: connection.kafka, topic, groupPrefix: "reader", until: "end" },
      signal: new AbortController().signal,
      onRecord: async () => Promise.reject(new TypeError("no more")),
    });
    await expect(reading).rejects.toThrow("no more");
  });
});

describe("batches of Kafka's Java client", () => {
  it.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
    "are read when compressed by %s",
    async (codec) => {
      const connection = await connectTo(inject("brokers"));
      const topic = await connection.topic();
      // More than one block of 64 KiB, with stretches that do not compress.
      const lines = Array.from(
        { length: 3_000 },
        (_, i) => `line ${i} ${"x".repeat(i % 90)} ${i ** 7}`,
      );
      await produceForeign({ brokers: inject("brokers"), topic, codec, lines });
      const found = await connection.records(topic);
      expect(found.map(({ value }) => value?.toString())).toEqual(lines);
    },
  );
});
