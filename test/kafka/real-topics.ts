import { randomUUID } from "node:crypto";

import type { ITopicConfig } from "kafkajs";
import { expect, onTestFinished, vi } from "vitest";

import type { KafkaConfig } from "../../src/config/config.ts";
import { createKafka, type Admin, type Kafka } from "../../src/kafka/client.ts";
import { registerCodecs } from "../../src/kafka/codecs.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import { offsetRanges, readTopic } from "../../src/kafka/topic-reader.ts";
import { aKafkaConfig } from "./a-kafka-config.ts";
import { aLog } from "./a-log.ts";

/** A real broker as one test sees it. */
export interface Connection {
  readonly config: KafkaConfig;
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** A new topic of the test's own. */
  topic(options?: TopicOptions): Promise<string>;
  /** Everything that stands in a topic now. */
  records(topic: string): Promise<readonly KafkaRecord[]>;
}

interface TopicOptions {
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

const patience = { timeout: 30_000, interval: 20 };

/** Creates a topic and waits until its brokers know that they lead it. */
export async function createTopic(admin: Admin, topic: ITopicConfig): Promise<void> {
  // kafkajs would wait for leaders, and give up on a broker that has not heard of the topic yet.
  await admin.createTopics({ waitForLeaders: false, topics: [topic] });
  await untilLed(admin, topic.topic);
}

/** Waits until the topic can be read and written: a broker that starts answers before it leads anything. */
export async function untilLed(admin: Admin, topic: string): Promise<void> {
  await vi.waitFor(async () => offsetRanges(admin, topic), patience);
}

/** Deletes a topic and waits until its brokers know, so that the next one of its name is another one. */
export async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await vi.waitFor(async () => expect(await admin.listTopics()).not.toContain(topic), patience);
}

/** Connects to a broker until the test ends. */
export async function connectTo(
  brokers: readonly string[],
  overrides: Partial<KafkaConfig> = {},
): Promise<Connection> {
  registerCodecs();
  const config = aKafkaConfig({ brokers, ...overrides });
  const kafka = createKafka(config, aLog());
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(async () => admin.disconnect());
  return {
    ...{ config, kafka, admin },
    topic: async ({ partitions = 1, config: entries = {} } = {}) => {
      const topic = `t-${randomUUID()}`;
      const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
      await createTopic(admin, { topic, numPartitions: partitions, configEntries });
      return topic;
    },
    records: async (topic) => {
      const found: KafkaRecord[] = [];
      await readTopic({
        ...{ kafka, topic, groupPrefix: "test", until: "end" },
        signal: new AbortController().signal,
        onRecord: (record) => void found.push(record),
      });
      return found;
    },
  };
}
