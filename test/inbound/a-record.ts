import type { KafkaRecord } from "../../src/kafka/record.ts";

/** One record of topic `requests`; its value says its offset unless told otherwise. */
export function aRecord(offset: bigint, overrides: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    topic: "requests",
    partition: 0,
    offset,
    timestamp: "1700000000000",
    key: null,
    value: Buffer.from(String(offset)),
    headers: {},
    ...overrides,
  };
}

/** Records of one partition with consecutive offsets. */
export function records(from: bigint, count: number, partition = 0): KafkaRecord[] {
  return Array.from({ length: count }, (_, i) => aRecord(from + BigInt(i), { partition }));
}
