import type { TopicSpec } from "./topic-specs.ts";

/** The settings of one topic that are in effect, by Kafka's names. */
export type TopicSettings = ReadonlyMap<string, string>;

/** The settings of the topics that there are, by their names. */
export type KnownSettings = ReadonlyMap<string, TopicSettings>;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Copies of each record, and how many of them must have it before it is acknowledged: one may be lost. */
export const SAFE = { replication: 3, inSync: 2 } as const;

/** The topics whose settings decide what this one must be like. */
export function sourcesOf({ size, retention }: TopicSpec): readonly string[] {
  const names = [size?.above, retention?.asLongAs];
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/**
 * The settings to create a topic with, beside its sources, which must be known. `replication`: null,
 * whatever the brokers do by themselves.
 */
export function settingsToCreate(
  spec: TopicSpec,
  known: KnownSettings,
  replication: number | null = null,
): Readonly<Record<string, string>> {
  const bytes = neededBytes(spec, known);
  return {
    "cleanup.policy": spec.cleanupPolicy === "compact" ? "compact" : "delete",
    ...(spec.brokersTime ? { "message.timestamp.type": "LogAppendTime" } : {}),
    ...(bytes === null ? {} : { "max.message.bytes": String(bytes) }),
    ...(spec.retention === null
      ? {}
      : { "retention.ms": ampleRetention(spec, known), "retention.bytes": "-1" }),
    ...((replication ?? 0) >= SAFE.replication
      ? { "min.insync.replicas": String(SAFE.inSync) }
      : {}),
    ...spec.created,
  };
}

/** How large the records are that a topic must take; null: there is no rule, or no such source. */
export function neededBytes({ size }: TopicSpec, known: KnownSettings): number | null {
  if (size === null) return null;
  if (size.above === null) return size.bytes;
  const source = known.get(size.above);
  return source === undefined ? null : Number(source.get("max.message.bytes")) + size.bytes;
}

/** For how long a topic must keep its records, at the least; a source that is not there asks for nothing. */
export function neededRetentionMs({ retention }: TopicSpec, known: KnownSettings): number {
  if (retention === null) return 0;
  const source = retention.asLongAs === null ? undefined : known.get(retention.asLongAs);
  if (source === undefined) return retention.atLeastMs;
  const isDeleted = (source.get("cleanup.policy") ?? "").includes("delete");
  return Math.max(retention.atLeastMs, isDeleted ? retentionMsOf(source) : Infinity);
}

/** A value of `retention.ms` that is enough, with a day to spare. */
export function ampleRetention(spec: TopicSpec, known: KnownSettings): string {
  const neededMs = neededRetentionMs(spec, known);
  return Number.isFinite(neededMs) ? String(neededMs + DAY_MS) : "-1";
}

/** How long a topic keeps its records when its policy is to delete them; infinite for "for ever". */
export function retentionMsOf(settings: TopicSettings): number {
  const ms = Number(settings.get("retention.ms"));
  // Some write "for ever" as the largest number that there is.
  return ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? ms : Infinity;
}
