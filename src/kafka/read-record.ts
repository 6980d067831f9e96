import type { Kafka } from "kafkajs";

import { PartitionReader } from "./partition-reader.ts";
import { type KafkaRecord, recordOf } from "./record.ts";

/** The place of one record. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * The record that stands there; null when the topic has none there, any more or yet. Rejects when
 * the brokers cannot be asked.
 */
export async function readRecord(kafka: Kafka, place: RecordPlace): Promise<KafkaRecord | null> {
  const { topic, partition, offset } = place;
  const reader = new PartitionReader(kafka, topic);
  try {
    const leaders = await reader.open();
    const range = (await reader.ranges()).get(partition);
    const leader = leaders.find(({ partitions }) => partitions.includes(partition));
    if (range === undefined || leader === undefined) return null;
    if (offset < range.low || offset >= range.high) return null;
    const one = { ...leader, partitions: [partition] };
    const answers = await reader.fetch(one, () => offset);
    const messages = answers.flatMap((answer) => answer.messages);
    const found = messages.find((message) => BigInt(message.offset) === offset);
    return found === undefined || found.isControlRecord ? null : recordOf(topic, partition, found);
  } finally {
    await reader.close();
  }
}
