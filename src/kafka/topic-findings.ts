import {
  ampleRetention,
  type KnownSettings,
  neededBytes,
  neededRetentionMs,
  retentionMsOf,
  SAFE,
  type TopicSettings,
} from "./topic-settings.ts";
import type { TopicSpec } from "./topic-specs.ts";

/** One topic as the brokers tell it. */
export interface TopicFacts {
  readonly partitions: number;
  readonly replication: number;
  readonly settings: TopicSettings;
}

/** What else is known of the cluster. */
export interface TopicSurroundings {
  readonly brokers: number;
  readonly known: KnownSettings;
}

/**
 * What is to be told about a topic. With `problems` it cannot be used; `risks` can cost acknowledged
 * records, and are only `warnings` on a single broker, which cannot be any safer and is somebody's
 * laptop.
 */
export interface TopicFindings {
  readonly problems: readonly string[];
  readonly risks: readonly string[];
  readonly warnings: readonly string[];
}

/** Holds a topic against what it must be like. */
export function findingsOf(
  spec: TopicSpec,
  facts: TopicFacts,
  { brokers, known }: TopicSurroundings,
): TopicFindings {
  const policy = policyFindings(spec, facts.settings);
  const isOurs = spec.cleanupPolicy !== "users";
  const unsafe = unsafeties(facts);
  return {
    problems: [
      ...(isOurs ? policy : []),
      ...partitionProblems(spec, facts),
      ...timeProblems(spec, facts.settings),
      ...sizeProblems(spec, facts.settings, known),
      ...retentionProblems(spec, facts.settings, known),
    ],
    risks: brokers === 1 ? [] : unsafe,
    warnings: [...(isOurs ? [] : policy), ...(brokers === 1 ? unsafe : [])],
  };
}

function policyFindings({ name, cleanupPolicy }: TopicSpec, settings: TopicSettings): string[] {
  const policy = settings.get("cleanup.policy") ?? "";
  const wanted = cleanupPolicy === "compact" ? "compact" : "delete";
  if (policy === wanted) return [];
  const lost =
    wanted === "delete" ? "records with the same key are lost" : "what still counts is deleted";
  return [`cleanup.policy is ${policy}: ${lost}; ${mended(name, "cleanup.policy", wanted)}`];
}

function partitionProblems({ role, partitions: rule }: TopicSpec, facts: TopicFacts): string[] {
  const { partitions } = facts;
  if (rule === null || rule.mayDiffer || partitions === rule.created) return [];
  return [
    `it has ${partitions} partitions instead of ${rule.created}, so that its records have no single order; partitions cannot be taken away: name a new topic in kafka.topics.${role}, and \`topics --create\` creates it`,
  ];
}

function timeProblems({ name, brokersTime }: TopicSpec, settings: TopicSettings): string[] {
  const key = "message.timestamp.type";
  const type = settings.get(key) ?? "";
  if (!brokersTime || type === "LogAppendTime") return [];
  return [
    `${key} is ${type}: instances whose clocks differ would not agree on what holds; ${mended(name, key, "LogAppendTime")}`,
  ];
}

function sizeProblems(spec: TopicSpec, settings: TopicSettings, known: KnownSettings): string[] {
  const { name, size } = spec;
  const key = "max.message.bytes";
  const needed = neededBytes(spec, known);
  const bytes = Number(settings.get(key));
  if (size === null || needed === null || bytes >= needed) return [];
  const sum = size.above === null ? "" : ` (that of ${size.above} and ${size.bytes} more)`;
  return [
    `${key} is ${bytes}, less than ${needed}${sum}: ${size.otherwise}; ${mended(name, key, String(needed))}`,
  ];
}

function retentionProblems(
  spec: TopicSpec,
  settings: TopicSettings,
  known: KnownSettings,
): string[] {
  const { name, retention } = spec;
  if (retention === null) return [];
  const problems: string[] = [];
  const needed = neededRetentionMs(spec, known);
  const kept = retentionMsOf(settings);
  const lost = retention.otherwise;
  if (kept < needed) {
    const whose =
      needed > retention.atLeastMs
        ? `retention.ms of ${retention.asLongAs ?? ""}`
        : retention.neededBy;
    const short = Number.isFinite(needed)
      ? `less than ${needed} (${whose})`
      : `while ${retention.asLongAs ?? ""} keeps its records for ever`;
    problems.push(
      `retention.ms is ${kept}, ${short}: ${lost}; ${mended(name, "retention.ms", ampleRetention(spec, known))}`,
    );
  }
  const bytes = settings.get("retention.bytes") ?? "-1";
  if (bytes !== "-1") {
    problems.push(
      `retention.bytes is ${bytes}, which deletes before retention.ms is over: ${lost}; ${mended(name, "retention.bytes", "-1")}`,
    );
  }
  return problems;
}

function unsafeties({ replication, settings }: TopicFacts): string[] {
  const inSync = Number(settings.get("min.insync.replicas"));
  const isUnclean = settings.get("unclean.leader.election.enable") === "true";
  return [
    ...(replication < SAFE.replication
      ? [`replication is ${replication}, less than ${SAFE.replication}`]
      : []),
    ...(inSync < SAFE.inSync ? [`min.insync.replicas is ${inSync}, less than ${SAFE.inSync}`] : []),
    ...(isUnclean
      ? ["unclean.leader.election.enable is true: acknowledged records can be lost"]
      : []),
  ];
}

/** The command that sets one setting right, with the tool that comes with Kafka. */
function mended(topic: string, key: string, value: string): string {
  return `\`kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config ${key}=${value}\` mends it`;
}
