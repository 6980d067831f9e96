import type { Kafka } from "kafkajs";

import type { CheckpointStore, CheckpointValues } from "../journal/checkpoint-store.ts";
import type { Log } from "../observability/log.ts";
import { CompactedPosition } from "./compacted-position.ts";
import type { FetchedMessage } from "./partition-reader.ts";
import { PartitionProducer } from "./partition-producer.ts";
import { TopicTail } from "./topic-tail.ts";
import { NoAnswer } from "./within.ts";

export interface CompactedTopicParts {
  /** With few retries of its own: reading is tried again here, and writing by who writes. */
  readonly kafka: Kafka;
  readonly topic: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long one write may take before its end is unknown. */
  readonly requestTimeoutMs: number;
  /** How long `load` waits while nothing comes. */
  readonly loadTimeoutMs: number;
  /**
   * Writes will never be told any more, because the one who is told threw or the topic has got more
   * partitions: the process has to end. Told once.
   */
  readonly onFailure: (error: Error) => void;
}

type OnWrite = (key: string, value: Buffer | null) => void;

/** A compacted topic with a single partition on real brokers: the checkpoints, or the control topic. */
export class CompactedTopic implements CheckpointStore {
  readonly #parts: CompactedTopicParts;
  readonly #producer: PartitionProducer;
  #tail: TopicTail | null = null;
  #onWrite: OnWrite = () => undefined;
  #untold: Parameters<OnWrite>[] = [];
  #giveUp: (error: Error) => void = () => undefined;

  constructor(parts: CompactedTopicParts) {
    this.#parts = parts;
    const { kafka, topic, requestTimeoutMs } = parts;
    this.#producer = new PartitionProducer({
      ...{ kafka, topic, timeoutMs: requestTimeoutMs, needsAppendTime: false },
    });
  }

  /** May be called again, until somebody follows. */
  async load(): Promise<CheckpointValues> {
    void this.#tail?.close(0);
    this.#untold = [];
    const values = new Map<string, Buffer>();
    this.#onWrite = (key, value) => {
      if (value === null) values.delete(key);
      else values.set(key, value);
    };
    await this.#readToEnd(() => {
      this.#onWrite = (key, value) => this.#untold.push([key, value]);
    });
    return values;
  }

  follow(onWrite: OnWrite): void {
    for (const [key, value] of this.#untold.splice(0)) onWrite(key, value);
    this.#onWrite = onWrite;
  }

  async write(key: string, value: Buffer | null): Promise<void> {
    await this.#producer.append(0, key, [value]);
  }

  /** A load that has not come to its end rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#giveUp(new Error(`the reader of ${this.#parts.topic} is closed`));
    await Promise.all([this.#tail?.close(timeoutMs), this.#producer.close(timeoutMs)]);
  }

  /** Resolves at the end, after `atEnd` and before anything else is told; reading goes on there. */
  async #readToEnd(atEnd: () => void): Promise<void> {
    const { loadTimeoutMs, onFailure } = this.#parts;
    return new Promise((resolve, reject) => {
      let isLoading = true;
      const fail = (error: Error) => {
        if (!isLoading) return;
        isLoading = false;
        clearTimeout(patience);
        void tail.close(0);
        reject(error);
      };
      const parts = {
        ...this.#parts,
        onFailure: (error: Error) => (isLoading ? fail(error) : onFailure(error)),
      };
      const tail = new TopicTail(parts, new Map([[0, new CompactedPosition()]]), {
        onMessages: (_, messages) => {
          patience.refresh();
          for (const message of messages) this.#tell(message);
        },
        onGap: () => undefined, // no position in a compacted log has any
        onCaughtUp: () => {
          if (!isLoading) return;
          isLoading = false;
          clearTimeout(patience);
          atEnd();
          resolve();
        },
      });
      const patience = setTimeout(() => {
        fail(new NoAnswer(tail.health() ?? `nothing came for ${loadTimeoutMs} ms`));
      }, loadTimeoutMs);
      this.#tail = tail;
      this.#giveUp = fail;
      void tail.start();
    });
  }

  /** The value is copied, so that keeping it does not keep a whole answer of the broker. */
  #tell({ key, value }: FetchedMessage): void {
    this.#onWrite(key?.toString() ?? "", value === null ? null : Buffer.from(value));
  }
}
