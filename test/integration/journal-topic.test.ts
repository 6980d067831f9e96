import { describe, expect, inject, it } from "vitest";

import { createKafka } from "../../src/kafka/client.ts";
import { aKafkaConfig } from "../kafka/a-kafka-config.ts";
import { aJournal, aJournalTopic, buffers, Followed, positions } from "../kafka/a-journal.ts";
import { aLog } from "../kafka/a-log.ts";
import { connectTo, type Connection, createTopic, deleteTopic } from "../kafka/real-topics.ts";

const patience = { timeout: 30_000, interval: 20 };

async function aTopicWith(count: number, connection: Connection): Promise<string> {
  const topic = await aJournalTopic(connection);
  const { journal } = aJournal(connection.kafka, topic);
  const values = Array.from({ length: count }, (_, n) => `value ${n}`);
  await journal.append(0, "lane", buffers(...values));
  return topic;
}

async function deleteBelow({ admin }: Connection, topic: string, offset: number): Promise<void> {
  // kafkajs finds the leaders only of topics that it was asked for before.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
}

/** Once it was caught up: what is not there by then is not handed over at all. */
async function caughtUp(followed: Followed): Promise<void> {
  const before = followed.fetches;
  await expect.poll(() => followed.fetches, patience).toBeGreaterThan(before + 1);
}

describe("following the journal", () => {
  it("hands over what stands there and what is appended, each partition in its order", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection, { partitions: 3 });
    const { journal } = aJournal(kafka, topic);
    await journal.append(0, "a", buffers("a 0", "a 1"));
    await journal.append(2, "c", buffers("c 0"));
    const followed = new Followed();
    await journal.follow(positions(0, 0, 0), followed.handlers);
    const appends = Array.from({ length: 30 }, async (_, n) =>
      journal.append(n % 3, "later", buffers(`later ${n}`, `later ${n} too`)),
    );
    await Promise.all(appends);
    await expect
      .poll(() => [0, 1, 2].map((partition) => followed.offsets(partition).length), patience)
      .toEqual([22, 20, 21]);
    expect(followed.values(0).slice(0, 2)).toEqual(["a 0", "a 1"]);
    expect(followed.values(1).toSorted()).toEqual(
      [1, 4, 7, 10, 13, 16, 19, 22, 25, 28]
        .flatMap((n) => [`later ${n}`, `later ${n} too`])
        .toSorted(),
    );
    for (const partition of [0, 1, 2]) {
      const offsets = followed.offsets(partition);
      expect(offsets).toEqual(offsets.map((_, n) => n));
    }
  });

  it("tells when the broker appended a record, and hands over tombstones", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: "k", value: null, timestamp: "1" }] });
    await producer.disconnect();
    const { journal } = aJournal(kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await caughtUp(followed);
    const [record] = followed.records.get(0)!;
    expect(record).toMatchObject({ offset: 0n, value: null });
    expect(record!.appendedAt).toBeGreaterThan(Date.parse("2020-01-01"));
  });

  it("begins at the positions that it is given", async () => {
    const connection = await connectTo(inject("brokers"));
    const { journal } = aJournal(connection.kafka, await aTopicWith(5, connection));
    const followed = new Followed();
    await journal.follow(positions(3), followed.handlers);
    await journal.append(0, "lane", buffers("new"));
    await expect.poll(() => followed.values(), patience).toEqual(["value 3", "value 4", "new"]);
  });

  it("reads more than an answer of the broker holds", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection);
    const { journal } = aJournal(kafka, topic);
    for (let n = 0; n < 12; n++) await journal.append(0, "k", [Buffer.alloc(300_000, n)]);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await expect.poll(() => followed.fetches, patience).toBeGreaterThan(0);
    expect(followed.records.get(0)!.map(({ value }) => value![299_999])).toEqual(
      Array.from({ length: 12 }, (_, n) => n),
    );
  });

  it("takes the same bytes twice for two records", async () => {
    const connection = await connectTo(inject("brokers"));
    const { journal } = aJournal(connection.kafka, await aTopicWith(0, connection));
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await Promise.all([1, 2].map(async () => journal.append(0, "lane", buffers("same", "same"))));
    await expect.poll(() => followed.values(), patience).toEqual(["same", "same", "same", "same"]);
  });

  it("steps over the marks of transactions", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection);
    const { journal } = aJournal(kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    const producer = kafka.producer({
      ...{ transactionalId: topic, maxInFlightRequests: 1, idempotent: true },
    });
    await producer.connect();
    for (const value of ["one", "two"]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await transaction.commit();
    }
    await producer.disconnect();
    await journal.append(0, "lane", buffers("three"));
    await expect.poll(() => followed.offsets(), patience).toEqual([0, 2, 4]);
    await caughtUp(followed);
    expect(followed.gaps).toEqual([]);
    expect(journal.health()).toBeNull();
  });

  it("tells ranges in the order of the partitions", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aJournalTopic(connection, { partitions: 12 });
    const { journal } = aJournal(connection.kafka, topic);
    await journal.append(11, "lane", buffers("a", "b"));
    await journal.append(0, "lane", buffers("a", "b", "c"));
    await deleteBelow(connection, topic, 2);
    const ranges = await journal.ranges();
    expect(ranges).toHaveLength(12);
    expect(ranges[0]).toEqual({ low: 2n, high: 3n });
    expect(ranges[1]).toEqual({ low: 0n, high: 0n });
    expect(ranges[11]).toEqual({ low: 0n, high: 2n });
  });

  it("finds single records of several partitions", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aJournalTopic(connection, { partitions: 3 });
    const { journal } = aJournal(connection.kafka, topic);
    for (const partition of [0, 1, 2]) {
      await journal.append(partition, "lane", buffers("a", "b", "c", "d"));
    }
    const followed = new Followed();
    await journal.follow(positions(0, 0, 0), followed.handlers);
    await caughtUp(followed);
    const before = await journal.recordsAt(positions(2, 3));
    expect([...before.keys()].toSorted()).toEqual([0, 1]);
    expect([before.get(0), before.get(1)]).toEqual([
      followed.records.get(0)![2],
      followed.records.get(1)![3],
    ]);
    expect(await journal.recordsAt(new Map())).toEqual(new Map());
  });

  it("finds no record that the log has not", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(4, connection);
    await deleteBelow(connection, topic, 2);
    const { journal } = aJournal(connection.kafka, topic, 300);
    expect((await journal.recordsAt(positions(2))).get(0)?.value?.toString()).toBe("value 2");
    await expect(journal.recordsAt(positions(1))).rejects.toThrow("offset is not within the range");
    await expect(journal.recordsAt(positions(9))).rejects.toThrow("offset is not within the range");
  });

  it("asks for ranges again while a topic is new, and no longer than it is told", async () => {
    const { kafka, admin, ...connection } = await connectTo(inject("brokers"));
    const topic = `${await connection.topic()}-later`;
    await expect(aJournal(kafka, topic, 300).journal.ranges()).rejects.toThrow("does not host");
    const ranges = aJournal(kafka, topic).journal.ranges();
    await createTopic(admin, { topic });
    expect(await ranges).toEqual([{ low: 0n, high: 0n }]);
  });

  it("waits for a topic that does not exist yet, and says so", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka, admin } = connection;
    const topic = `${await connection.topic()}-later`;
    const { journal } = aJournal(kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await expect
      .poll(() => journal.health(), patience)
      .toMatch(
        /^t-.*-later has not been read to its end for \d+ s: This server does not host this topic-partition$/,
      );
    await createTopic(admin, { topic });
    await expect.poll(() => journal.health(), patience).toBeNull();
    expect(followed.fetches).toBeGreaterThan(0);
  });
});

describe("a journal that lacks records", () => {
  it("is told when it begins above the position, and nothing more is handed over", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(5, connection);
    await deleteBelow(connection, topic, 3);
    const { journal, failures } = aJournal(connection.kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    expect(followed.gaps).toEqual([[0, 0n, 3n]]);
    expect(journal.health()).toMatch(
      /is not read any more: partition 0 lacks records: it goes on at 3, not at 0$/,
    );
    await journal.append(0, "lane", buffers("new"));
    await journal.close(5_000);
    expect(followed).toMatchObject({ fetches: 0, records: new Map() });
    expect(failures).toEqual([]);
  });

  it("is told when it ends below the position", async () => {
    const connection = await connectTo(inject("brokers"));
    const { journal } = aJournal(connection.kafka, await aTopicWith(5, connection));
    const followed = new Followed();
    await journal.follow(positions(6), followed.handlers);
    expect(followed.gaps).toEqual([[0, 6n, 5n]]);
    expect(journal.health()).toMatch(
      /: it was read up to 6, and ends or is another one from 5 on$/,
    );
  });

  it("is followed all the same when what it lacks stands below the position", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(5, connection);
    const { journal } = aJournal(connection.kafka, topic);
    const followed = new Followed();
    await deleteBelow(connection, topic, 4);
    await journal.follow(positions(4), followed.handlers);
    await expect.poll(() => followed.values(), patience).toEqual(["value 4"]);
    await deleteBelow(connection, topic, 5);
    await journal.append(0, "lane", buffers("new"));
    await expect.poll(() => followed.values(), patience).toEqual(["value 4", "new"]);
    expect(followed.gaps).toEqual([]);
  });

  it("is told when the topic was created anew, however much it has grown", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(5, connection);
    const { journal } = aJournal(connection.kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await caughtUp(followed);
    await deleteTopic(connection.admin, topic);
    const configEntries = [{ name: "message.timestamp.type", value: "LogAppendTime" }];
    await createTopic(connection.admin, { topic, configEntries });
    await journal.append(0, "lane", buffers("0", "1", "2", "3", "4", "5", "6"));
    await expect.poll(() => followed.gaps, patience).toHaveLength(1);
    expect(followed.gaps).toEqual([[0, 5n, expect.any(BigInt)]]);
    expect(Number(followed.gaps[0]![2])).toBeLessThan(5);
    expect(followed.values()).toHaveLength(5);
  });
});

describe("a tail that cannot go on", () => {
  it("tells once when who gets the records throws, and hands over nothing more", async () => {
    const connection = await connectTo(inject("brokers"));
    const { journal, failures } = aJournal(connection.kafka, await aTopicWith(1, connection));
    const followed = new Followed();
    await journal.follow(positions(0), {
      ...followed.handlers,
      onRecords: () => {
        throw new TypeError("no such lane");
      },
    });
    await expect.poll(() => failures, patience).toEqual([new TypeError("no such lane")]);
    await journal.append(0, "lane", buffers("new"));
    expect(journal.health()).toMatch(/is not read any more: no such lane$/);
    await journal.close(5_000);
    expect(failures).toHaveLength(1);
    expect(followed.fetches).toBe(0);
  });

  it("tells when the topic has more partitions than are followed", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection, { partitions: 3 });
    const { journal, failures } = aJournal(kafka, topic);
    await journal.follow(positions(0, 0), new Followed().handlers);
    expect(failures).toEqual([new Error(`${topic} has 3 partitions instead of 2`)]);
  });

  it("leaves nothing open", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(1, connection);
    const { journal } = aJournal(connection.kafka, topic);
    const followed = new Followed();
    await journal.follow(positions(0), followed.handlers);
    await caughtUp(followed);
    await journal.close(5_000);
    const { fetches } = followed;
    const other = aJournal(connection.kafka, topic).journal;
    await other.append(0, "lane", buffers("later"));
    const followedByOther = new Followed();
    await other.follow(positions(1), followedByOther.handlers);
    await caughtUp(followedByOther);
    expect(followedByOther.values()).toEqual(["later"]);
    expect(followed.fetches).toBe(fetches);
    expect(followed.values()).toEqual(["value 0"]);
  });
});

describe("appending to the journal", () => {
  it("is refused by a topic that stamps records with the producer's time", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection, {
      config: { "message.timestamp.type": "CreateTime" },
    });
    const { journal } = aJournal(kafka, topic);
    const refusal = `${topic} must have message.timestamp.type=LogAppendTime, and has not`;
    await expect(journal.append(0, "lane", buffers("one"))).rejects.toThrow(refusal);
    await expect(journal.append(0, "lane", buffers("two"))).rejects.toThrow(refusal);
  });

  it("is refused for a partition that does not exist", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const topic = await aJournalTopic(connection);
    const { journal } = aJournal(kafka, topic);
    await expect(journal.append(1, "lane", buffers("one"))).rejects.toThrow(
      `${topic} has no partition 1`,
    );
    await expect(journal.append(0, "lane", buffers("one"))).resolves.toBeUndefined();
  });

  it("is refused when the topic does not take the batch, and works again after that", async () => {
    const connection = await connectTo(inject("brokers"));
    const { kafka } = connection;
    const config = { "max.message.bytes": "1000" };
    const topic = await aJournalTopic(connection, { config });
    const { journal } = aJournal(kafka, topic);
    const [large, small] = [
      journal.append(0, "lane", [Buffer.alloc(2_000)]),
      journal.append(0, "lane", buffers("small")),
    ];
    await expect(large).rejects.toThrow("larger than the max message size");
    await expect(small).resolves.toBeUndefined();
    await expect(journal.append(0, "lane", buffers("later"))).resolves.toBeUndefined();
  });

  it("rejects where nobody listens, and after the close", async () => {
    const kafka = createKafka(aKafkaConfig(), aLog(), 0);
    const { journal } = aJournal(kafka, "nowhere");
    await expect(journal.append(0, "lane", buffers("one"))).rejects.toThrow("ECONNREFUSED");
    await journal.close(10);
    await expect(journal.append(0, "lane", buffers("one"))).rejects.toThrow("is closed");
  });

  it("lets what is under way come to its end before it closes", async () => {
    const connection = await connectTo(inject("brokers"));
    const topic = await aTopicWith(0, connection);
    const { journal } = aJournal(connection.kafka, topic);
    const appends = [1, 2, 3].map(async (n) => journal.append(0, "lane", buffers(`value ${n}`)));
    await journal.close(5_000);
    await expect(Promise.all(appends)).resolves.toHaveLength(3);
  });
});
