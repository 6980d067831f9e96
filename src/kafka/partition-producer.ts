import kafkajs, { type Kafka, type Producer, type RecordMetadata } from "kafkajs";

import { within } from "./within.ts";

export interface PartitionProducerParts {
  readonly kafka: Kafka;
  readonly topic: string;
  /** How long one append may take before its end is unknown. */
  readonly timeoutMs: number;
  /** Whether the topic has to stamp records with the broker's time. */
  readonly needsAppendTime: boolean;
}

/** One kafkajs producer, in use until its first error. */
interface Line {
  readonly producer: Producer;
  readonly connected: Promise<void>;
  users: number;
  isRetired: boolean;
}

/**
 * Appends batches to single partitions of one topic, any number at a time.
 *
 * One produce request per append and one partition per request, because kafkajs sends a request again
 * as a whole when one partition fails. It does not send again what failed: only the caller knows
 * whether that still makes sense.
 */
export class PartitionProducer {
  readonly #parts: PartitionProducerParts;
  readonly #unfinished = new Set<Promise<RecordMetadata>>();
  readonly #farewells = new Set<Promise<void>>();
  #line: Line | null = null;
  #isClosed = false;

  constructor(parts: PartitionProducerParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with what the leader says of it when all in-sync replicas have the values, in one batch
   * and in their order; no values are nowhere. Rejects when
   * they may have them or not, now or later; also when the topic stamps records with a producer's
   * time although it must not, though they stand there then.
   */
  async append(
    partition: number,
    key: string,
    values: readonly (Buffer | null)[],
  ): Promise<RecordMetadata> {
    if (values.length === 0) return { topicName: this.#parts.topic, partition, errorCode: 0 };
    const append = this.#append(partition, key, values);
    this.#unfinished.add(append);
    return append.finally(() => this.#unfinished.delete(append));
  }

  /**
   * Lets what is under way come to its end and disconnects. Resolves when that is done or the time is
   * over.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#line !== null) this.#retire(this.#line);
    const closed = Promise.allSettled(this.#unfinished).then(async () =>
      Promise.all(this.#farewells),
    );
    await within(closed, timeoutMs, "a farewell").catch(() => undefined);
  }

  async #append(
    partition: number,
    key: string,
    values: readonly (Buffer | null)[],
  ): Promise<RecordMetadata> {
    const { topic, timeoutMs, needsAppendTime } = this.#parts;
    if (this.#isClosed) throw new Error(`the producer of ${topic} is closed`);
    const line = (this.#line ??= this.#open());
    line.users += 1;
    let written: RecordMetadata | undefined;
    try {
      const send = this.#send(line, partition, key, values);
      written = await within(send, timeoutMs, `a write to ${topic}`);
    } catch (error) {
      // A kafkajs producer may be of no use after an error, so the next append gets a new one.
      this.#retire(line);
      throw error;
    } finally {
      line.users -= 1;
      this.#partIfIdle(line);
    }
    // kafkajs resolves without a word when it knows no such partition.
    if (written?.partition !== partition) throw new Error(`${topic} has no partition ${partition}`);
    if (needsAppendTime && written.logAppendTime === "-1") {
      throw new Error(`${topic} must have message.timestamp.type=LogAppendTime, and has not`);
    }
    return written;
  }

  async #send(
    { producer, connected }: Line,
    partition: number,
    key: string,
    values: readonly (Buffer | null)[],
  ): Promise<RecordMetadata | undefined> {
    await connected;
    const { topic, timeoutMs } = this.#parts;
    const [written] = await producer.send({
      ...{ topic, acks: -1, timeout: timeoutMs },
      messages: values.map((value) => ({ partition, key, value })),
    });
    return written;
  }

  #open(): Line {
    const producer = this.#parts.kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // kafkajs' idempotent producer loses records silently.
      idempotent: false,
      retry: { retries: 0 },
    });
    return { producer, connected: producer.connect(), users: 0, isRetired: false };
  }

  #retire(line: Line): void {
    line.isRetired = true;
    if (this.#line === line) this.#line = null;
    this.#partIfIdle(line);
  }

  /** In the background: a farewell may take as long as the brokers are away. */
  #partIfIdle({ producer, connected, users, isRetired }: Line): void {
    if (!isRetired || users > 0) return;
    const farewell = connected
      // A connection that came about after its end would stay open for ever.
      .then(
        async () => producer.disconnect(),
        async () => producer.disconnect(),
      )
      .catch(() => undefined)
      .finally(() => this.#farewells.delete(farewell));
    this.#farewells.add(farewell);
  }
}
