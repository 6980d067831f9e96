import type { TopicNames } from "../config/config.ts";

/** What one of our topics must be like, and what it gets when we create it. */
export interface TopicSpec {
  readonly role: keyof TopicNames;
  readonly name: string;
  /** Null: as many as whoever creates it says. */
  readonly partitions: PartitionRule | null;
  /** `users`: set by whoever owns the topic, we only warn. */
  readonly cleanupPolicy: "delete" | "compact" | "users";
  /** Whether the brokers, and not the producers, say when a record was written. */
  readonly brokersTime: boolean;
  readonly size: SizeRule | null;
  readonly retention: RetentionRule | null;
  /** Settings that it is created with besides, and that nobody checks. */
  readonly created: Readonly<Record<string, string>>;
}

export interface PartitionRule {
  readonly created: number;
  /** Whether a topic that exists may have another number of them. */
  readonly mayDiffer: boolean;
}

/** How large the records are that a topic must take. */
export interface SizeRule {
  /** The topic whose largest records, and `bytes` more, must fit; null: `bytes` alone. */
  readonly above: string | null;
  readonly bytes: number;
  /** What cannot be done with a topic that takes less. */
  readonly otherwise: string;
}

/** How long a topic must keep its records. No size may end that earlier. */
export interface RetentionRule {
  readonly atLeastMs: number;
  /** The topic whose records it must outlive. */
  readonly asLongAs: string;
}

/** What the topics depend on besides their names. */
export interface TopicNeeds {
  readonly dedupeWindowMs: number;
}

/** Headers of a dead letter, or what a claim says besides its request. */
const ROOM_BYTES = 64 * 1024;
const JOURNAL_PARTITIONS = 8;
const CHECKPOINT_BYTES = 1024 * 1024;

const PLAIN = { partitions: null, brokersTime: false, size: null, retention: null, created: {} };

/** The topics that are in use, in the order in which they must be created. */
export function topicSpecs(topics: TopicNames, needs: TopicNeeds): readonly TopicSpec[] {
  const { requests, outcomes, deadLetters, journal, checkpoints } = topics;
  const above = { above: requests, bytes: ROOM_BYTES };
  return [
    { ...PLAIN, role: "requests", name: requests, cleanupPolicy: "users" },
    { ...PLAIN, role: "outcomes", name: outcomes, cleanupPolicy: "delete" },
    {
      ...{ ...PLAIN, role: "deadLetters", name: deadLetters, cleanupPolicy: "delete" },
      size: { ...above, otherwise: "its largest records could not be dead-lettered" },
    },
    {
      ...{ role: "journal", name: journal, cleanupPolicy: "delete", created: {} },
      partitions: { created: JOURNAL_PARTITIONS, mayDiffer: true },
      // Whether a claim is granted depends on its time, on which all instances must agree.
      brokersTime: true,
      size: { ...above, otherwise: "its largest requests could not be claimed" },
      retention: { atLeastMs: needs.dedupeWindowMs, asLongAs: requests },
    },
    {
      ...{ ...PLAIN, role: "checkpoints", name: checkpoints, cleanupPolicy: "compact" },
      partitions: { created: 1, mayDiffer: false },
      size: { above: null, bytes: CHECKPOINT_BYTES, otherwise: "a summary could not be written" },
      // The active segment is never compacted, and every start reads all that is there.
      created: {
        "segment.bytes": String(16 * 1024 * 1024),
        "segment.ms": String(60 * 60 * 1000),
        "min.cleanable.dirty.ratio": "0.1",
      },
    },
  ];
}
