import type { Kafka } from "kafkajs";

import { pause } from "../lifecycle/pause.ts";
import type { Log } from "../observability/log.ts";
import type { Appended, SlotLog, SlotLogRecord, SlotTailHandlers } from "../slots/slot-log.ts";
import type { FetchedMessage } from "./partition-reader.ts";
import { PartitionProducer } from "./partition-producer.ts";
import { offsetRanges, offsetsAt } from "./topic-reader.ts";
import { TopicTail } from "./topic-tail.ts";
import { UnbrokenPosition } from "./unbroken-position.ts";

export interface KafkaSlotLogParts {
  /** With few retries of its own: whatever fails is tried again. */
  readonly kafka: Kafka;
  readonly topic: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the epoch; only says from where on the log is worth reading. */
  readonly epoch: () => number;
  /** How long one append may take before its end is unknown. */
  readonly requestTimeoutMs: number;
  /** It will never be read any more, because a handler threw: the process has to end. Told once. */
  readonly onFailure: (error: Error) => void;
}

const PARTITION = 0;
const ASK_AGAIN_MS = 500;
/** Enough to hold a snapshot, whatever the clocks say. */
const LEAST_RECORDS = 300n;

/**
 * The slots topic on real brokers: one partition, and no consumer group.
 *
 * When records are missing that were to be read, reading begins anew near the end.
 */
export class KafkaSlotLog implements SlotLog {
  readonly #parts: KafkaSlotLogParts;
  readonly #producer: PartitionProducer;
  readonly #closed = new AbortController();
  #tail: TopicTail | null = null;
  #trouble: string | null = "connecting";

  constructor(parts: KafkaSlotLogParts) {
    this.#parts = parts;
    const { kafka, topic, requestTimeoutMs } = parts;
    this.#producer = new PartitionProducer({
      ...{ kafka, topic, timeoutMs: requestTimeoutMs, needsAppendTime: true },
    });
  }

  follow(backMs: number, handlers: SlotTailHandlers): void {
    this.#begin(backMs, handlers, false).catch(
      (error: unknown) => this.#parts.onFailure(error as Error), // only a handler throws here
    );
  }

  async append(key: string, values: readonly Buffer[]): Promise<Appended> {
    const { baseOffset, logAppendTime } = await this.#producer.append(PARTITION, key, values);
    return { offset: BigInt(baseOffset ?? -1), appendedAt: Number(logAppendTime) };
  }

  health(): string | null {
    if (this.#tail !== null) return this.#tail.health();
    return this.#trouble === null ? null : `${this.#parts.topic}: ${this.#trouble}`;
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.#tail?.close(timeoutMs), this.#producer.close(timeoutMs)]);
  }

  async #begin(backMs: number, handlers: SlotTailHandlers, isTorn: boolean): Promise<void> {
    const position = await this.#findStart(backMs);
    if (position === null) return;
    handlers.onBegin({ position, isTorn });
    const from = new Map([[PARTITION, new UnbrokenPosition(position)]]);
    const tail = new TopicTail(this.#parts, from, {
      onMessages: (_, messages) => handlers.onRecords(messages.map(stamped)),
      onCaughtUp: () => handlers.onCaughtUp(),
      onGap: (_, { expected, found }) => {
        this.#parts.log.error("slots.torn", { expected, found });
        this.#tail = null;
        void tail.close(0);
        // Read further ahead means only that we slept for longer than records are kept.
        this.#begin(backMs, handlers, found < expected).catch(
          (error: unknown) => this.#parts.onFailure(error as Error), // only a handler throws here
        );
      },
    });
    this.#tail = tail;
    await tail.start();
  }

  /** Null when it was closed meanwhile. */
  async #findStart(backMs: number): Promise<bigint | null> {
    const { epoch, log, topic } = this.#parts;
    while (!this.#closed.signal.aborted) {
      try {
        const start = await this.#askStart(epoch() - backMs);
        this.#trouble = null;
        return start;
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        log.debug("slots.not-found", { topic, error });
        await pause(ASK_AGAIN_MS, this.#closed.signal);
      }
    }
    return null;
  }

  async #askStart(since: number): Promise<bigint> {
    const { kafka, topic } = this.#parts;
    const admin = kafka.admin();
    try {
      await admin.connect();
      const ranges = await offsetRanges(admin, topic);
      const range = ranges.get(PARTITION);
      if (range === undefined || ranges.size !== 1) {
        throw new Error(`${topic} has ${ranges.size} partitions instead of one`);
      }
      const { low, high } = range;
      const first = (await offsetsAt(admin, topic, since)).get(PARTITION) ?? high;
      const least = high - LEAST_RECORDS;
      const start = first < least ? first : least;
      return start > low ? start : low;
    } finally {
      // A disconnect that fails leaves nothing that could still be closed.
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** The value is copied, so that keeping one record does not keep a whole answer of the broker. */
function stamped({ offset, timestamp, value, batchContext }: FetchedMessage): SlotLogRecord {
  return {
    offset: BigInt(offset),
    appendedAt: Number(timestamp),
    leaderEpoch: batchContext.partitionLeaderEpoch,
    value: value === null ? null : Buffer.from(value),
  };
}
