import { randomUUID } from "node:crypto";

import type { Message } from "kafkajs";
import { expect } from "vitest";

import { createRegistry, type Registry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";
import type { KafkaConfig } from "../../src/config/config.ts";
import {
  type Admin,
  type Consumer,
  createKafka,
  type Kafka,
  type Producer,
} from "../../src/kafka/client.ts";
import { type KafkaRecord, recordOf } from "../../src/kafka/record.ts";
import { topicSpecs } from "../../src/kafka/topic-specs.ts";
import { createMissing } from "../../src/kafka/topics.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import type { ServicePlace } from "./service-config.ts";

/** An outcome and the record that it stood in. */
export interface OutcomeRecord {
  readonly record: KafkaRecord;
  readonly outcome: RerunOutcome;
}

export interface TopicsOptions {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Begins the names of topics and group; a random part follows. */
  readonly name: string;
  /** Of requests, outcomes and dead letters. */
  readonly partitions?: number;
  /** Leaves topics and subjects to the test. */
  readonly bare?: boolean;
}

/** Longer than anything here takes, shorter than a test may. */
const PATIENCE_MS = 50_000;

/** The default of `dedupe.window`. */
const DEDUPE_WINDOW_MS = 24 * 60 * 60 * 1000;

/**
 * The topics around a service under test: requests are put into one, and what comes out of the
 * others is read as anybody could.
 */
export class ServiceTopics {
  readonly place: ServicePlace;
  readonly admin: Admin;
  readonly registry: Registry;
  /** Every record of the outcomes topic so far, repeats included. */
  readonly outcomes: OutcomeRecord[] = [];
  /** Every record of the dead-letter topic so far. */
  readonly deadLetters: KafkaRecord[] = [];
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  readonly #partitions: number;
  readonly #readers: Consumer[] = [];
  #schemaId = 0;

  private constructor({ brokers, registryUrl, name, partitions = 3 }: TopicsOptions) {
    const suffix = `${name}-${randomUUID().slice(0, 8)}`;
    this.place = {
      brokers,
      registryUrl,
      groupId: `group-${suffix}`,
      topics: {
        requests: `requests-${suffix}`,
        outcomes: `outcomes-${suffix}`,
        deadLetters: `dead-letters-${suffix}`,
        journal: `journal-${suffix}`,
        checkpoints: `checkpoints-${suffix}`,
        slots: `slots-${suffix}`,
        control: `control-${suffix}`,
      },
    };
    this.#partitions = partitions;
    this.#kafka = createKafka(kafkaConfigOf(this.place), silentLog);
    this.admin = this.#kafka.admin();
    this.#producer = this.#kafka.producer({ allowAutoTopicCreation: false });
    this.registry = createRegistry({
      ...{ url: registryUrl, username: null, password: null, timeoutMs: 5000, ca: null },
    });
  }

  /** Creates topics and subjects, unless `bare`, and begins to read what comes out. */
  static async open(options: TopicsOptions): Promise<ServiceTopics> {
    const topics = new ServiceTopics(options);
    await Promise.all([topics.admin.connect(), topics.#producer.connect()]);
    if (options.bare !== true) {
      await topics.create();
      await topics.registerSchemas();
    }
    return topics;
  }

  /** Creates all topics and begins to read what comes out of two of them. */
  async create(): Promise<void> {
    const { topics } = this.place;
    const specs = topicSpecs(topics, {
      dedupeWindowMs: DEDUPE_WINDOW_MS,
      slotsKeptMs: DEDUPE_WINDOW_MS,
    });
    await createMissing(this.admin, specs, { partitions: this.#partitions, replication: 1 });
    await Promise.all([
      this.#read(topics.deadLetters, (record) => void this.deadLetters.push(record)),
      this.#read(topics.outcomes, async (record) => {
        const decoded = await this.registry.decode(record.value ?? Buffer.alloc(0));
        if (decoded.kind !== "decoded") throw new Error(`not an outcome: ${decoded.message}`);
        this.outcomes.push({ record, outcome: decoded.value as RerunOutcome });
      }),
    ]);
  }

  async registerSchemas(): Promise<void> {
    const { requests, outcomes } = loadSchemas(this.place.topics);
    await this.registry.register(outcomes.subject, outcomes.text, outcomes.level);
    this.#schemaId = await this.registry.register(requests.subject, requests.text, requests.level);
  }

  async encode(request: RerunRequest): Promise<Buffer> {
    return this.registry.encode(this.#schemaId, request);
  }

  /** Puts requests into the topic, spread over its partitions unless `message` says otherwise. */
  async send(
    requests: RerunRequest | readonly RerunRequest[],
    message: Omit<Message, "value"> = {},
  ): Promise<void> {
    const values = await Promise.all(
      [requests].flat().map(async (request) => this.encode(request)),
    );
    const partitionOf = (index: number) => ({ partition: index % this.#partitions });
    await this.sendRaw(
      ...values.map((value, index) => ({ ...partitionOf(index), ...message, value })),
    );
  }

  async sendRaw(...messages: Message[]): Promise<void> {
    await this.#producer.send({ topic: this.place.topics.requests, messages });
  }

  /** All outcome records of a request so far. */
  of(requestId: string): readonly OutcomeRecord[] {
    return this.outcomes.filter(({ outcome }) => outcome.requestId === requestId);
  }

  /** Waits for a request's final outcome. */
  async final(requestId: string): Promise<RerunOutcome> {
    const find = () => this.of(requestId).find(({ outcome }) => outcome.final)?.outcome;
    await waitFor(`a final outcome of ${requestId}`, () => find() !== undefined);
    return find()!;
  }

  async finals(requestIds: readonly string[]): Promise<readonly RerunOutcome[]> {
    return Promise.all(requestIds.map(async (id) => this.final(id)));
  }

  /** Waits for the dead letter of the record that stands there. */
  async deadLetter(partition: number, offset: bigint): Promise<KafkaRecord> {
    const at = [String(partition), String(offset)].join("/");
    const find = () =>
      this.deadLetters.find(({ headers }) => {
        const { "dlq-source-partition": p, "dlq-source-offset": o } = headers;
        return `${String(p)}/${String(o)}` === at;
      });
    await waitFor(`the dead letter of ${at}`, () => find() !== undefined);
    return find()!;
  }

  /** Per partition: what the group has committed, and where the partition ends. */
  async offsets(): Promise<readonly { readonly committed: string; readonly end: string }[]> {
    const { groupId, topics } = this.place;
    const [fetched] = await this.admin.fetchOffsets({ groupId, topics: [topics.requests] });
    const ends = await this.admin.fetchTopicOffsets(topics.requests);
    return ends
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ partition, high }) => {
        const offset = fetched?.partitions.find((one) => one.partition === partition)?.offset;
        return { committed: offset === "-1" ? "0" : (offset ?? "0"), end: high };
      });
  }

  /** Waits until everything that was sent is committed. */
  async allCommitted(): Promise<void> {
    await waitFor("every offset is committed", async () =>
      (await this.offsets()).every(({ committed, end }) => committed === end),
    );
  }

  /** Deletes what stands below an offset, in each partition that is named. */
  async deleteRecords(topic: string, below: Readonly<Record<number, bigint>>): Promise<void> {
    // kafkajs finds the leaders only of topics that it was asked about before.
    await this.admin.fetchTopicOffsets(topic);
    const partitions = Object.entries(below).map(([partition, offset]) => ({
      ...{ partition: Number(partition), offset: String(offset) },
    }));
    await this.admin.deleteTopicRecords({ topic, partitions });
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map(async (reader) => reader.disconnect()));
    await Promise.all([this.admin.disconnect(), this.#producer.disconnect()]);
  }

  /** Reads a topic from its beginning until `close`, each record once, also when brokers restart. */
  async #read(
    topic: string,
    onRecord: (record: KafkaRecord) => Promise<void> | void,
  ): Promise<void> {
    const reader = this.#kafka.consumer({
      groupId: `reader-of-${topic}`,
      ...{ sessionTimeout: 6000, heartbeatInterval: 1000, maxWaitTimeInMs: 100 },
      retry: { retries: 100, maxRetryTime: 1000 },
    });
    this.#readers.push(reader);
    await reader.connect();
    await reader.subscribe({ topic, fromBeginning: true });
    const next = new Map<number, bigint>();
    await reader.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const message of messages) {
          const record = recordOf(topic, partition, message);
          if (record.offset < (next.get(partition) ?? 0n)) continue;
          await onRecord(record);
          next.set(partition, record.offset + 1n);
        }
      },
    });
  }
}

/** Waits until the claim holds; fails by its words. */
export async function waitFor(
  claim: string,
  holds: () => boolean | Promise<boolean>,
  ms = PATIENCE_MS,
): Promise<void> {
  await expect.poll(holds, { timeout: ms, interval: 50, message: claim }).toBe(true);
}

function kafkaConfigOf({ brokers, groupId, topics }: ServicePlace): KafkaConfig {
  return {
    ...{ brokers, topics, groupId, clientId: "service-test", ssl: null, sasl: null },
    ...{ sessionTimeoutMs: 30_000, heartbeatIntervalMs: 3000 },
    ...{ requestTimeoutMs: 30_000, connectionTimeoutMs: 5000 },
  };
}
