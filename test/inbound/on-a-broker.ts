import { randomUUID } from "node:crypto";

import { type Admin, Kafka, logLevel, type Message } from "kafkajs";

import { RequestConsumer, type RecordHandlers } from "../../src/kafka/request-consumer.ts";
import { type Intake, type IntakeParts } from "../../src/inbound/intake.ts";
import { createKafka } from "../../src/kafka/client.ts";
import type { KafkaConfig } from "../../src/config/config.ts";
import { aKafkaConfig } from "../kafka/a-kafka-config.ts";
import { createTopic as createLedTopic } from "../kafka/real-topics.ts";
import { anIntake, type FakeDesk } from "./fakes.ts";
import { RecordingLog } from "./recording-log.ts";

/** How long a broker may take for what it does in a moment on a calm machine. */
export const PATIENCE = { timeout: 40_000, interval: 50 };

/** Topics and a group of one test alone. */
export function aWorld(brokers: string[]): KafkaConfig {
  const id = randomUUID().slice(0, 8);
  return aKafkaConfig({
    brokers,
    groupId: `inbound-${id}`,
    topics: {
      requests: `inbound-${id}-requests`,
      outcomes: `inbound-${id}-outcomes`,
      deadLetters: `inbound-${id}-dead-letters`,
      journal: `inbound-${id}-journal`,
      checkpoints: `inbound-${id}-checkpoints`,
      control: `inbound-${id}-control`,
      slots: `inbound-${id}-slots`,
    },
  });
}

/** A plain client, for what the test itself does. */
export function aClient({ brokers }: Pick<KafkaConfig, "brokers">): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
}

export async function withAdmin<T>(
  config: KafkaConfig,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = aClient(config).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function createTopic(
  config: KafkaConfig,
  topic: string,
  numPartitions: number,
  entries: Record<string, string> = {},
): Promise<void> {
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
  await withAdmin(config, async (admin) =>
    createLedTopic(admin, { topic, numPartitions, configEntries }),
  );
}

/** Each message in a batch of its own, so that a fetch need not bring them all. */
export async function produce(config: KafkaConfig, messages: Message[]): Promise<void> {
  const producer = aClient(config).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (const message of messages) {
    await producer.send({ topic: config.topics.requests, messages: [message] });
  }
  await producer.disconnect();
}

/** `count` records for one partition, whose values do not matter. */
export function messages(partition: number, count: number, bytes = 10): Message[] {
  return Array.from({ length: count }, () => ({ partition, value: Buffer.alloc(bytes, "x") }));
}

/** The group's offsets, by partition; -1 where none is committed. */
export async function committedOf(config: KafkaConfig): Promise<Record<number, string>> {
  const { groupId, topics } = config;
  const found = await withAdmin(config, async (admin) =>
    admin.fetchOffsets({ groupId, topics: [topics.requests] }),
  );
  const partitions = found.flatMap((topic) => topic.partitions);
  return Object.fromEntries(partitions.map(({ partition, offset }) => [partition, offset]));
}

/** One dispatcher's way in: consumer and intake, with a desk that completes nothing by itself. */
export class Inbound {
  readonly log = new RecordingLog();
  readonly consumer: RequestConsumer;
  readonly intake: Intake;
  readonly desk: FakeDesk;
  readonly fakes: ReturnType<typeof anIntake>;
  readonly deaths: Error[] = [];
  /** `partition/offset` of every record that kafkajs delivered. */
  readonly delivered: string[] = [];
  assigned: readonly number[] = [];
  epoch = 0;

  constructor(config: KafkaConfig, overrides: Partial<IntakeParts> = {}) {
    const kafka = createKafka(config, this.log);
    this.consumer = new RequestConsumer({ kafka, config, log: this.log });
    void this.consumer.died.then((error) => this.deaths.push(error));
    this.fakes = anIntake({ feed: this.consumer, log: this.log, ...overrides });
    this.intake = this.fakes.intake;
    this.desk = this.fakes.desk;
  }

  start(handlers: Partial<RecordHandlers> = {}): void {
    this.intake.start();
    this.consumer.start({
      onAssignment: (assigned, epoch) => {
        this.assigned = assigned.toSorted((a, b) => a - b);
        this.epoch = epoch;
        this.intake.onAssignment(assigned, epoch);
      },
      onRecords: (partition, records, endOffset) => {
        this.delivered.push(...records.map(({ offset }) => `${partition}/${offset}`));
        this.intake.onRecords(partition, records, endOffset);
      },
      ...handlers,
    });
  }

  async stop(): Promise<void> {
    await this.intake.drain();
    await this.intake.finalCommit();
    await this.consumer.stop(5_000);
  }
}
