import type { Kafka } from "kafkajs";

import type { JournalLog, LoggedRecord, LogRange, TailHandlers } from "../journal/journal-log.ts";
import { pause } from "../lifecycle/pause.ts";
import type { Log } from "../observability/log.ts";
import { type FetchedMessage, PartitionReader } from "./partition-reader.ts";
import { PartitionProducer } from "./partition-producer.ts";
import { TopicTail } from "./topic-tail.ts";
import { UnbrokenPosition } from "./unbroken-position.ts";

export interface KafkaJournalLogParts {
  /** With few retries of its own: whatever fails is tried again by the tail and by who appends. */
  readonly kafka: Kafka;
  readonly topic: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long one append may take before its end is unknown, and how long ranges are asked for. */
  readonly requestTimeoutMs: number;
  /**
   * The journal will never be read any more, because a handler threw or the topic has got other
   * partitions: the process has to end. Told once.
   */
  readonly onFailure: (error: Error) => void;
}

const ASK_AGAIN_MS = 200;

/**
 * The journal topic on real brokers. It belongs to no consumer group and commits nothing.
 *
 * Its records must bear the broker's time: an append to a topic that stamps them with ours rejects.
 */
export class KafkaJournalLog implements JournalLog {
  readonly #parts: KafkaJournalLogParts;
  readonly #producer: PartitionProducer;
  readonly #closed = new AbortController();
  #tail: TopicTail | null = null;

  constructor(parts: KafkaJournalLogParts) {
    this.#parts = parts;
    const { kafka, topic, requestTimeoutMs } = parts;
    this.#producer = new PartitionProducer({
      ...{ kafka, topic, timeoutMs: requestTimeoutMs, needsAppendTime: true },
    });
  }

  async ranges(): Promise<readonly LogRange[]> {
    return this.#asked(async (reader) => {
      await reader.open();
      return [...(await reader.ranges()).values()];
    });
  }

  async recordsAt(
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<ReadonlyMap<number, LoggedRecord>> {
    return this.#asked(async (reader) => {
      const leaders = await reader.open();
      const found = new Map<number, LoggedRecord>();
      for (const { nodeId, partitions } of leaders) {
        for (const partition of partitions) {
          const offset = offsets.get(partition);
          if (offset === undefined) continue;
          // One at a time: a batch that is too large for its share is left out among others.
          const [fetched] = await reader.fetch({ nodeId, partitions: [partition] }, () => offset);
          const message = fetched?.messages.find((one) => BigInt(one.offset) === offset);
          if (message !== undefined) found.set(partition, logged(message));
        }
      }
      return found;
    });
  }

  /** What `ask` gives; asked again while that fails and there is time. */
  async #asked<T>(ask: (reader: PartitionReader) => Promise<T>): Promise<T> {
    const { kafka, topic, requestTimeoutMs, now } = this.#parts;
    const giveUpAt = now() + requestTimeoutMs;
    for (;;) {
      const reader = new PartitionReader(kafka, topic);
      try {
        return await ask(reader);
      } catch (error) {
        // A partition may be without a leader for a moment, when it is new or its leader is moving.
        if (this.#closed.signal.aborted || now() + ASK_AGAIN_MS > giveUpAt) throw error;
        await pause(ASK_AGAIN_MS, this.#closed.signal);
      } finally {
        await reader.close();
      }
    }
  }

  async append(partition: number, key: string, values: readonly Buffer[]): Promise<void> {
    await this.#producer.append(partition, key, values);
  }

  async follow(from: ReadonlyMap<number, bigint>, handlers: TailHandlers): Promise<void> {
    const position = ([partition, next]: [number, bigint]) =>
      [partition, new UnbrokenPosition(next)] as const;
    this.#tail = new TopicTail(this.#parts, new Map([...from].map(position)), {
      onMessages: (partition, messages) => handlers.onRecords(partition, messages.map(logged)),
      onGap: (partition, { expected, found }) => handlers.onGap(partition, expected, found),
      onCaughtUp: () => handlers.onFetched(),
    });
    await this.#tail.start();
  }

  health(): string | null {
    return this.#tail?.health() ?? null;
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closed.abort();
    await Promise.all([this.#tail?.close(timeoutMs), this.#producer.close(timeoutMs)]);
  }
}

/** The value is copied, so that keeping one record does not keep a whole answer of the broker. */
function logged({ offset, timestamp, value }: FetchedMessage): LoggedRecord {
  return {
    offset: BigInt(offset),
    appendedAt: Number(timestamp),
    value: value === null ? null : Buffer.from(value),
  };
}
