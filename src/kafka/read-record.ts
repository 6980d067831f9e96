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
  const records = await readRecords(kafka, place);
  return records.find(({ offset }) => offset === place.offset) ?? null;
}

/**
 * The records from there on, as many as one answer of the brokers holds; none when the topic has no
 * more, or none there any more. Rejects when the brokers cannot be asked.
 */
export async function readRecords(
  kafka: Kafka,
  { topic, partition, offset }: RecordPlace,
): Promise<readonly KafkaRecord[]> {
  const reader = new PartitionReader(kafka, topic);
  try {
    const leaders = await reader.open();
    const range = (await reader.ranges()).get(partition);
    const leader = leaders.find(({ partitions }) => partitions.includes(partition));
    if (range === undefined || leader === undefined) return [];
    if (offset < range.low || offset >= range.high) return [];
    const one = { ...leader, partitions: [partition] };
    const answers = await reader.fetch(one, () => offset);
    return answers
      .flatMap((answer) => answer.messages)
      .filter((message) => BigInt(message.offset) >= offset && !message.isControlRecord)
      .map((message) => recordOf(topic, partition, message));
  } finally {
    await reader.close();
  }
}
