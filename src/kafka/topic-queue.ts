import kafkajs, { type IHeaders, type Kafka, type Producer } from "kafkajs";

import type { Log } from "../observability/log.ts";
import type { OutgoingRecord, PublishEnd } from "./outgoing-record.ts";
import { retryDelay } from "./retry-delay.ts";

const MAX_BATCH_RECORDS = 500;
/** Half of what brokers take by default, so that a batch is hardly ever split. */
const MAX_BATCH_BYTES = 512 * 1024;
const SLOW_MS = 5_000;

export interface PublisherParts {
  readonly kafka: Kafka;
  readonly log: Log;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly record: OutgoingRecord;
  readonly settle: (end: PublishEnd) => void;
  readonly reject: (reason: unknown) => void;
}

/** The records on their way into one topic, and the producer that takes them there. */
export class TopicQueue {
  readonly #topic: string;
  readonly #parts: PublisherParts;
  readonly #unfinished = new Set<Waiting>();
  #queued: Waiting[] = [];
  #pumping = false;
  #producer: Producer | null = null;
  #trouble: string | null = null;
  #sendingSince: number | null = null;
  #steps = 0;

  constructor(topic: string, parts: PublisherParts) {
    this.#topic = topic;
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => this.#abandon(parts.signal.reason), {
      once: true,
    });
  }

  /** As `RecordPublisher.publish`. */
  async add(record: OutgoingRecord): Promise<PublishEnd> {
    this.#parts.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        record,
        reject,
        settle: (end) => {
          this.#unfinished.delete(waiting);
          resolve(end);
        },
      };
      this.#unfinished.add(waiting);
      this.#queued.push(waiting);
      if (this.#pumping) return;
      this.#pumping = true;
      // Whatever else this turn of the loop has to publish goes into the same batch.
      setImmediate(() => void this.#pump());
    });
  }

  /** Whether anything waits to be acknowledged. */
  get isBusy(): boolean {
    return this.#unfinished.size > 0;
  }

  /** Counts the answers of the brokers, and the attempts that got none. */
  get steps(): number {
    return this.#steps;
  }

  /** What keeps the records from being written; null when nothing does. */
  health(): string | null {
    const since = this.#sendingSince;
    const waitedMs = since === null ? 0 : performance.now() - since;
    if (this.#trouble === null && waitedMs < SLOW_MS) return null;
    const why = this.#trouble ?? "no answer yet";
    return `cannot publish to ${this.#topic} for ${Math.round(waitedMs / 1_000)} s: ${why}`;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.disconnect();
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queued.length > 0) await this.#deliver(this.#takeBatch());
    } catch (error) {
      this.#abandon(error);
    } finally {
      this.#pumping = false;
    }
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#queued.findIndex(({ record }, index) => {
      bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
      return index === MAX_BATCH_RECORDS || (index > 0 && bytes > MAX_BATCH_BYTES);
    });
    return this.#queued.splice(0, end === -1 ? this.#queued.length : end);
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    this.#sendingSince = performance.now();
    for (let attempt = 1; ; attempt++) {
      this.#parts.signal.throwIfAborted();
      const error = await this.#send(batch);
      this.#steps += 1;
      if (error === null || isTooLarge(error)) {
        this.#sendingSince = null;
        this.#trouble = null;
      }
      if (error === null) {
        for (const { settle } of batch) settle({ kind: "published" });
        return;
      }
      if (isTooLarge(error)) return this.#deliverParts(batch, error.message);
      this.#trouble = error.message;
      this.#parts.log.warn("publish.failed", {
        topic: this.#topic,
        records: batch.length,
        attempt,
        error: error.message,
      });
      await retryDelay(attempt, this.#parts.signal);
    }
  }

  /** Brokers refuse a batch for its size as a whole: only alone is a record surely the culprit. */
  async #deliverParts(batch: readonly Waiting[], message: string): Promise<void> {
    if (batch.length === 1) return batch[0]?.settle({ kind: "too-large", message });
    const middle = batch.length >> 1;
    await this.#deliver(batch.slice(0, middle));
    await this.#deliver(batch.slice(middle));
  }

  async #send(batch: readonly Waiting[]): Promise<Error | null> {
    let producer = this.#producer;
    try {
      if (producer === null) {
        producer = this.#createProducer();
        await producer.connect();
        this.#producer = producer;
      }
      const messages = batch.map(({ record }) => ({
        ...record,
        headers: writableHeaders(record.headers),
      }));
      await producer.send({ topic: this.#topic, acks: -1, messages });
      return null;
    } catch (caught) {
      const error = caught instanceof Error ? caught : new Error(String(caught));
      if (isTooLarge(error)) return error;
      // A kafkajs producer may be of no use after an error, so the next try gets a new one. The
      // old one's farewell may take as long as the brokers are away.
      this.#producer = null;
      void producer?.disconnect().catch(() => undefined);
      return error;
    }
  }

  #createProducer(): Producer {
    return this.#parts.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // kafkajs' idempotent producer loses records silently.
      idempotent: false,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 2 },
    });
  }

  #abandon(reason: unknown): void {
    for (const { reject } of this.#unfinished) reject(reason);
    this.#unfinished.clear();
    this.#queued = [];
  }
}

/** Kafka knows headers without a value, kafkajs reads them but cannot write them: they become empty. */
function writableHeaders(headers: OutgoingRecord["headers"]): IHeaders {
  // kafkajs' types do not know the null that its decoder gives.
  const writable = (value: Buffer | string | null | undefined) => value ?? "";
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(writable) : writable(value),
    ]),
  );
}

function isTooLarge(error: Error): boolean {
  if ("type" in error && typeof error.type === "string") {
    return error.type === "MESSAGE_TOO_LARGE" || error.type === "RECORD_LIST_TOO_LARGE";
  }
  return error.cause instanceof Error && isTooLarge(error.cause);
}
