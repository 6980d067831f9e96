import { randomUUID } from "node:crypto";

import type { Admin, Consumer, Kafka } from "kafkajs";

import { recordOf, type KafkaRecord } from "./record.ts";

const CHECK_MS = 1_000;

export interface ReadOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** The reader joins a group of its own that begins so, and deletes it at the end. */
  readonly groupPrefix: string;
  /** Offset of the first record per partition; partitions that are missing are read from their beginning. */
  readonly from?: ReadonlyMap<number, bigint>;
  /** `end`: what stands in the topic now. `stopped`: until the signal aborts. */
  readonly until: "end" | "stopped";
  readonly signal: AbortSignal;
  /** Called for one record after the other, in order within a partition. */
  readonly onRecord: (record: KafkaRecord) => Promise<void> | void;
}

/** Where a partition's records begin, and the offset behind its last one. */
export interface OffsetRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** The present range of every partition of a topic. Rejects when there is no such topic. */
export async function offsetRanges(
  admin: Admin,
  topic: string,
): Promise<ReadonlyMap<number, OffsetRange>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(
    offsets.map(({ partition, low, high }) => [
      partition,
      { low: BigInt(low), high: BigInt(high) },
    ]),
  );
}

/** Per partition the first offset whose record is not older than `epochMs`; the end: all are. */
export async function offsetsAt(
  admin: Admin,
  topic: string,
  epochMs: number,
): Promise<ReadonlyMap<number, bigint>> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, Math.floor(epochMs));
  return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

/**
 * Reads a topic without leaving a trace: nothing is committed.
 *
 * Resolves when everything that was asked for was read, or the signal aborted. Rejects when
 * `onRecord` does, when the brokers cannot be reached at the start, or when the consumer dies.
 */
export async function readTopic(options: ReadOptions): Promise<void> {
  const { kafka, topic, groupPrefix, signal } = options;
  const admin = kafka.admin();
  const groupId = `${groupPrefix}.${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 250,
    allowAutoTopicCreation: false,
  });
  await admin.connect();
  try {
    const ends = endsOf(await offsetRanges(admin, topic), options.from);
    if (signal.aborted || (options.until === "end" && ends.size === 0)) return;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consume(consumer, admin, ends, options);
  } finally {
    await consumer.disconnect();
    // It expires by itself where this is not permitted.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}

/** Partition → offset behind the last record that is to be read; only partitions that have any. */
function endsOf(
  ranges: ReadonlyMap<number, OffsetRange>,
  from: ReadonlyMap<number, bigint> | undefined,
): Map<number, bigint> {
  const start = (partition: number, low: bigint) => {
    const asked = from?.get(partition) ?? low;
    return asked > low ? asked : low;
  };
  const unread = [...ranges].filter(([partition, { low, high }]) => start(partition, low) < high);
  return new Map(unread.map(([partition, { high }]) => [partition, high]));
}

async function consume(
  consumer: Consumer,
  admin: Admin,
  ends: Map<number, bigint>,
  { topic, from = new Map<number, bigint>(), until, signal, onRecord }: ReadOptions,
): Promise<void> {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const finished = new Promise<void>((onFinished, onFailed) => {
    resolve = onFinished;
    reject = onFailed;
  });
  const reached = (partition: number, next: bigint) => {
    const end = ends.get(partition);
    if (end !== undefined && next >= end) ends.delete(partition);
    if (until === "end" && ends.size === 0) resolve();
  };
  // What ends with a transaction marker, or was deleted meanwhile, never comes as a record.
  const { END_BATCH_PROCESS, CRASH } = consumer.events;
  consumer.on(END_BATCH_PROCESS, ({ payload }) =>
    reached(payload.partition, BigInt(payload.lastOffset) + 1n),
  );
  const check = setInterval(() => {
    offsetRanges(admin, topic).then(
      (ranges) => ranges.forEach(({ low }, partition) => reached(partition, low)),
      () => undefined, // asked again in a second
    );
  }, CHECK_MS);
  consumer.on(CRASH, ({ payload }) => {
    if (!payload.restart) reject(payload.error);
  });
  signal.addEventListener("abort", resolve, { once: true });
  try {
    const running = consumer.run({
      autoCommit: false,
      eachBatch: async (payload) => {
        const { partition, messages } = payload.batch;
        for (const message of messages) {
          if (!payload.isRunning() || signal.aborted) return;
          const record = recordOf(topic, partition, message);
          if (record.offset < (from.get(partition) ?? 0n)) continue;
          try {
            await onRecord(record);
          } catch (error) {
            reject(error);
            return;
          }
          await payload.heartbeat();
        }
      },
    });
    // kafkajs takes seeks only from a running consumer, and applies them before the first fetch.
    for (const [partition, offset] of from) {
      consumer.seek({ topic, partition, offset: String(offset) });
    }
    await Promise.all([running, finished]);
  } finally {
    clearInterval(check);
    signal.removeEventListener("abort", resolve);
  }
}
