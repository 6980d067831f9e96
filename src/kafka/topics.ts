import { setTimeout as sleep } from "node:timers/promises";

import kafkajs, { type Admin } from "kafkajs";

import type { TopicNames } from "../config/config.ts";

const DEAD_LETTER_ROOM_BYTES = 64 * 1024;
const MIN_REPLICATION = 3;
const MIN_INSYNC = 2;

/** What one of our topics must be like. */
export interface TopicSpec {
  readonly role: keyof TopicNames;
  readonly name: string;
  /** `users`: set by whoever owns the topic, we only warn. */
  readonly cleanupPolicy: "delete" | "users";
  /** How much larger its records may be than those of the topic that they come from. */
  readonly roomAbove: { readonly name: string; readonly bytes: number } | null;
}

/**
 * How a topic stands. With `problems` it cannot be used; `risks` can cost acknowledged records, and
 * are only `warnings` on a single broker, which cannot be any safer and is somebody's laptop.
 */
export interface TopicState {
  readonly role: keyof TopicNames;
  readonly name: string;
  readonly exists: boolean;
  readonly partitions: number;
  readonly replication: number;
  readonly maxMessageBytes: number | null;
  readonly problems: readonly string[];
  readonly risks: readonly string[];
  readonly warnings: readonly string[];
}

export interface CreateOptions {
  readonly partitions: number;
  /** Null: the broker's default. */
  readonly replication: number | null;
}

/** The topics that are in use, in the order in which they must be created. */
export function topicSpecs(topics: TopicNames): readonly TopicSpec[] {
  const room = { name: topics.requests, bytes: DEAD_LETTER_ROOM_BYTES };
  return [
    { role: "requests", name: topics.requests, cleanupPolicy: "users", roomAbove: null },
    { role: "outcomes", name: topics.outcomes, cleanupPolicy: "delete", roomAbove: null },
    { role: "deadLetters", name: topics.deadLetters, cleanupPolicy: "delete", roomAbove: room },
  ];
}

/** Looks at every topic of `specs`. Rejects when the brokers cannot be asked. */
export async function inspectTopics(
  admin: Admin,
  specs: readonly TopicSpec[],
): Promise<readonly TopicState[]> {
  const names = new Set(await admin.listTopics());
  const { brokers } = await admin.describeCluster();
  const states: TopicState[] = [];
  for (const spec of specs) {
    states.push(
      names.has(spec.name)
        ? await inspectTopic(admin, spec, { names, brokers: brokers.length })
        : missingTopic(spec),
    );
  }
  return states;
}

/** Creates the topics that do not exist, and resolves to their names. What exists stays as it is. */
export async function createMissing(
  admin: Admin,
  specs: readonly TopicSpec[],
  { partitions, replication }: CreateOptions,
): Promise<readonly string[]> {
  const existing = new Set(await admin.listTopics());
  const created: string[] = [];
  for (const { name, roomAbove } of specs.filter((spec) => !existing.has(spec.name))) {
    const configEntries = [{ name: "cleanup.policy", value: "delete" }];
    if (roomAbove !== null) {
      const above = await onceKnown(async () => maxMessageBytes(admin, roomAbove.name));
      const bytes = above + roomAbove.bytes;
      configEntries.push({ name: "max.message.bytes", value: String(bytes) });
    }
    const isNew = await admin.createTopics({
      // kafkajs would wait for leaders, and give up on a broker that has not heard of the topic yet.
      waitForLeaders: false,
      topics: [
        {
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication ?? -1,
          configEntries,
        },
      ],
    });
    await onceKnown(async () => admin.fetchTopicMetadata({ topics: [name] }));
    if (isNew) created.push(name);
  }
  return created;
}

/** A topic that was just created is not known to every broker at once. */
const KNOWN_WITHIN_MS = 30_000;
const ASK_AGAIN_MS = 100;
const NOT_KNOWN_YET = new Set(["UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE"]);

/** Asks until the brokers know the topic that `ask` is about. Rejects with any other trouble. */
async function onceKnown<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const type = error instanceof Error && "type" in error ? String(error.type) : "";
      if (!NOT_KNOWN_YET.has(type) || performance.now() > giveUpAt) throw error;
      await sleep(ASK_AGAIN_MS);
    }
  }
}

/** The largest record batch that a topic takes, in bytes. Rejects when there is no such topic. */
export async function maxMessageBytes(admin: Admin, topic: string): Promise<number> {
  const config = await configOf(admin, topic);
  return Number(config.get("max.message.bytes"));
}

async function inspectTopic(
  admin: Admin,
  { role, name, cleanupPolicy, roomAbove }: TopicSpec,
  cluster: { readonly names: ReadonlySet<string>; readonly brokers: number },
): Promise<TopicState> {
  const metadata = await admin.fetchTopicMetadata({ topics: [name] });
  const partitions = metadata.topics[0]?.partitions ?? [];
  const replication = Math.min(...partitions.map(({ replicas }) => replicas.length));
  const config = await configOf(admin, name);
  const maxBytes = Number(config.get("max.message.bytes"));
  const problems: string[] = [];
  const risks: string[] = [];
  const warnings: string[] = [];

  const policy = config.get("cleanup.policy") ?? "";
  if (policy !== "delete") {
    const found = `cleanup.policy is ${policy}: records with the same key are lost, set it to delete`;
    (cleanupPolicy === "delete" ? problems : warnings).push(found);
  }
  if (roomAbove !== null && cluster.names.has(roomAbove.name)) {
    const needed = (await maxMessageBytes(admin, roomAbove.name)) + roomAbove.bytes;
    if (maxBytes < needed) {
      problems.push(
        `max.message.bytes is ${maxBytes}, less than ${needed} (that of ${roomAbove.name} and ${roomAbove.bytes} more): its largest records could not be dead-lettered`,
      );
    }
  }
  const unsafe = cluster.brokers === 1 ? warnings : risks;
  if (replication < MIN_REPLICATION) {
    unsafe.push(`replication is ${replication}, less than ${MIN_REPLICATION}`);
  }
  const inSync = Number(config.get("min.insync.replicas"));
  if (inSync < MIN_INSYNC) {
    unsafe.push(`min.insync.replicas is ${inSync}, less than ${MIN_INSYNC}`);
  }
  if (config.get("unclean.leader.election.enable") === "true") {
    unsafe.push("unclean.leader.election.enable is true: acknowledged records can be lost");
  }
  return {
    ...{ role, name, exists: true, partitions: partitions.length, replication },
    ...{ maxMessageBytes: maxBytes, problems, risks, warnings },
  };
}

function missingTopic({ role, name }: TopicSpec): TopicState {
  return {
    ...{ role, name, exists: false, partitions: 0, replication: 0, maxMessageBytes: null },
    problems: ["does not exist; `topics --create` creates it"],
    risks: [],
    warnings: [],
  };
}

async function configOf(admin: Admin, topic: string): Promise<ReadonlyMap<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}
