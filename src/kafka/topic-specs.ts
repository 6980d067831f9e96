import type { Config, ProviderConfig, TopicNames } from "../config/config.ts";

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
  /** The topic whose records it must outlive; null: none. */
  readonly asLongAs: string | null;
  /** Who asks for `atLeastMs`. */
  readonly neededBy: string;
  /** What is lost with records that are deleted earlier. */
  readonly otherwise: string;
}

/** What the topics depend on besides their names. */
export interface TopicNeeds {
  readonly dedupeWindowMs: number;
  /** How long the shared rate limits count; null: each process keeps its own, and there is no topic. */
  readonly slotsKeptMs?: number | null;
}

const SLOTS_MS = 10 * 60 * 1000;
const SLOTS_OF_A_DAY_MS = 25 * 60 * 60 * 1000;

/** What a config needs of its topics. */
export function topicNeedsOf({ dedupe, throttle, providers }: ConfigNeeds): TopicNeeds {
  const countsDays = providers.some(({ rateLimit }) => rateLimit.callsPerDay !== null);
  const keptMs = countsDays ? SLOTS_OF_A_DAY_MS : SLOTS_MS;
  return {
    dedupeWindowMs: dedupe.windowMs,
    slotsKeptMs: throttle.scope === "group" ? keptMs : null,
  };
}

type ConfigNeeds = Pick<Config, "dedupe" | "throttle"> & {
  readonly providers: readonly Pick<ProviderConfig, "rateLimit">[];
};

/** Headers of a dead letter, or what a claim says besides its request. */
const ROOM_BYTES = 64 * 1024;
const JOURNAL_PARTITIONS = 8;
const CHECKPOINT_BYTES = 1024 * 1024;

const PLAIN = { partitions: null, brokersTime: false, size: null, retention: null, created: {} };

/** The topics that are in use, in the order in which they must be created. */
export function topicSpecs(topics: TopicNames, needs: TopicNeeds): readonly TopicSpec[] {
  const { requests, outcomes, deadLetters, journal, checkpoints, control } = topics;
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
      retention: {
        ...{ atLeastMs: needs.dedupeWindowMs, asLongAs: requests, neededBy: "dedupe.window" },
        otherwise: "claims would be forgotten while their requests can still come again",
      },
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
    ...slotsSpec(topics.slots, needs.slotsKeptMs ?? null),
    {
      ...{ ...PLAIN, role: "control", name: control, cleanupPolicy: "compact" },
      partitions: { created: 1, mayDiffer: false },
      // Reports are written every few seconds, and every start and every command reads all of them.
      created: {
        "segment.bytes": String(4 * 1024 * 1024),
        "segment.ms": String(10 * 60 * 1000),
        "min.cleanable.dirty.ratio": "0.1",
      },
    },
  ];
}

function slotsSpec(name: string, keptMs: number | null): readonly TopicSpec[] {
  if (keptMs === null) return [];
  return [
    {
      ...{ ...PLAIN, role: "slots", name, cleanupPolicy: "delete" },
      // One order of all records, and one clock: each instance reckons who may call when from them.
      partitions: { created: 1, mayDiffer: false },
      brokersTime: true,
      retention: {
        ...{ atLeastMs: keptMs, asLongAs: null, neededBy: "the shared rate limit" },
        otherwise: "instances that start would not know what was called",
      },
      created: { "segment.bytes": String(64 * 1024 * 1024), "segment.ms": String(60 * 60 * 1000) },
    },
  ];
}
