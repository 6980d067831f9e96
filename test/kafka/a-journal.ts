import { onTestFinished } from "vitest";

import type { LoggedRecord } from "../../src/journal/journal-log.ts";
import type { Kafka } from "../../src/kafka/client.ts";
import { KafkaJournalLog } from "../../src/kafka/journal-topic.ts";
import { aLog } from "./a-log.ts";
import type { Connection } from "./real-topics.ts";

/** What a tail handed over. */
export class Followed {
  readonly records = new Map<number, LoggedRecord[]>();
  readonly gaps: (readonly [partition: number, expected: bigint, found: bigint])[] = [];
  fetches = 0;

  readonly handlers = {
    onRecords: (partition: number, records: readonly LoggedRecord[]) => {
      const known = this.records.get(partition) ?? [];
      this.records.set(partition, [...known, ...records]);
    },
    onGap: (...gap: [number, bigint, bigint]) => void this.gaps.push(gap),
    onFetched: () => void (this.fetches += 1),
  };

  values(partition = 0): readonly (string | undefined)[] {
    return (this.records.get(partition) ?? []).map(({ value }) => value?.toString());
  }

  offsets(partition = 0): readonly number[] {
    return (this.records.get(partition) ?? []).map(({ offset }) => Number(offset));
  }
}

export interface AJournal {
  readonly journal: KafkaJournalLog;
  readonly failures: Error[];
}

/** A journal on a topic, closed when the test ends. */
export function aJournal(kafka: Kafka, topic: string, requestTimeoutMs = 10_000): AJournal {
  const failures: Error[] = [];
  const journal = new KafkaJournalLog({
    ...{ kafka, topic, requestTimeoutMs, log: aLog() },
    now: () => performance.now(),
    onFailure: (error) => failures.push(error),
  });
  onTestFinished(async () => journal.close(5_000));
  return { journal, failures };
}

/** A new topic that stamps its records. */
export async function aJournalTopic(
  connection: Connection,
  options: { readonly partitions?: number; readonly config?: Record<string, string> } = {},
): Promise<string> {
  const config = { "message.timestamp.type": "LogAppendTime", ...options.config };
  return connection.topic({ ...options, config });
}

/** Positions of the partitions 0, 1, … */
export function positions(...offsets: readonly number[]): ReadonlyMap<number, bigint> {
  return new Map(offsets.map((offset, partition) => [partition, BigInt(offset)]));
}

export function buffers(...values: readonly string[]): readonly Buffer[] {
  return values.map((value) => Buffer.from(value));
}
