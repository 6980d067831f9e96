import { setTimeout as sleep } from "node:timers/promises";

import type { Kafka, Producer } from "../../src/kafka/client.ts";

/** One record, and where it goes. */
export interface SentRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer | null;
  /** What is going on; travels as a header. */
  readonly mode: string;
}

export const MODE_HEADER = "chaos-mode";
const TRY_AGAIN_MS = 250;

/**
 * Puts records into the requests topic, as any producer that wants to be sure would: what was not
 * acknowledged is sent again, so it may stand there several times.
 */
export class RecordSender {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #signal: AbortSignal;
  #producer: Promise<Producer> | null = null;

  /** The signal ends all waiting. */
  constructor(kafka: Kafka, topic: string, signal: AbortSignal) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#signal = signal;
  }

  /** Resolves when the record is acknowledged; rejects when the signal aborts before. */
  async send(record: SentRecord): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      const opening = (this.#producer ??= this.#open());
      try {
        await this.#sendBy(await opening, record);
        return;
      } catch {
        // After an error a kafkajs producer may be of no use; whoever sees that first dismisses it.
        if (this.#producer === opening) {
          this.#producer = null;
          void dismiss(opening);
        }
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  async close(): Promise<void> {
    if (this.#producer !== null) await dismiss(this.#producer);
  }

  async #open(): Promise<Producer> {
    const producer = this.#kafka.producer({
      ...{ allowAutoTopicCreation: false, idempotent: false, retry: { retries: 0 } },
    });
    await producer.connect();
    return producer;
  }

  async #sendBy(producer: Producer, { partition, key, value, mode }: SentRecord): Promise<void> {
    const message = { partition, key, value, headers: { [MODE_HEADER]: mode } };
    await producer.send({ topic: this.#topic, acks: -1, timeout: 5000, messages: [message] });
  }
}

async function dismiss(opening: Promise<Producer>): Promise<void> {
  // One that never opened, or whose brokers are away, has nothing to say goodbye to.
  await opening.then(async (producer) => producer.disconnect()).catch(() => undefined);
}
