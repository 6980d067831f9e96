import type { Config } from "../config/config.ts";
import type { CheckpointStore, CheckpointValues } from "../journal/checkpoint-store.ts";
import type { JournalLog, LogRange } from "../journal/journal-log.ts";
import { LostHistory, recover } from "../journal/recover.ts";
import { CompactedTopic } from "../kafka/compacted-topic.ts";
import type { Kafka } from "../kafka/client.ts";
import { KafkaJournalLog } from "../kafka/journal-topic.ts";
import { silentLog } from "../observability/silent-log.ts";

/** What stands in the journal and in its checkpoint. */
export interface JournalHistory {
  readonly checkpoints: Pick<CheckpointStore, "write">;
  readonly values: CheckpointValues;
  readonly journal: Pick<JournalLog, "ranges" | "recordsAt">;
  /** Of every partition of the journal. */
  readonly ranges: readonly LogRange[];
}

const CLOSE_WITHIN_MS = 3000;

/** Looks at the journal and its checkpoint. Rejects when they cannot be read. */
export async function withHistory<T>(
  kafka: Kafka,
  { kafka: { topics, requestTimeoutMs } }: Config,
  work: (history: JournalHistory) => Promise<T>,
): Promise<T> {
  const parts = {
    ...{ kafka, log: silentLog, now: () => performance.now(), requestTimeoutMs },
    onFailure: () => undefined, // nothing is followed for long enough to fail
  };
  const journal = new KafkaJournalLog({ ...parts, topic: topics.journal });
  const checkpoints = new CompactedTopic({
    ...{ ...parts, topic: topics.checkpoints, loadTimeoutMs: requestTimeoutMs },
  });
  try {
    const [values, ranges] = await Promise.all([checkpoints.load(), journal.ranges()]);
    return await work({ checkpoints, values, journal, ranges });
  } finally {
    await Promise.all([journal.close(CLOSE_WITHIN_MS), checkpoints.close(CLOSE_WITHIN_MS)]);
  }
}

/**
 * Why the journal does not go on where its checkpoint ends; null when it does. Rejects when it cannot
 * be read.
 */
export async function lossIn({ values, journal }: JournalHistory): Promise<string | null> {
  try {
    await recover(values, journal);
    return null;
  } catch (error) {
    if (error instanceof LostHistory) return error.message;
    throw error;
  }
}
