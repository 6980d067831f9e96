import { setTimeout as sleep } from "node:timers/promises";

import kafkajs, { type Admin } from "kafkajs";

import type { TopicNames } from "../config/config.ts";
import { findingsOf, type TopicFindings } from "./topic-findings.ts";
import {
  retentionMsOf,
  settingsToCreate,
  sourcesOf,
  type TopicSettings,
} from "./topic-settings.ts";
import type { TopicSpec } from "./topic-specs.ts";

/** How a topic stands. */
export interface TopicState extends TopicFindings {
  readonly role: keyof TopicNames;
  readonly name: string;
  readonly exists: boolean;
  readonly partitions: number;
  readonly replication: number;
  readonly maxMessageBytes: number | null;
  /** How long records are kept, milliseconds; `Infinity`: for ever, or the topic does not exist. */
  readonly retentionMs: number;
}

export interface CreateOptions {
  /** For topics whose number of partitions is not ours to say. */
  readonly partitions: number;
  /** Null: the broker's default. */
  readonly replication: number | null;
}

/** Looks at every topic of `specs`. Rejects when the brokers cannot be asked. */
export async function inspectTopics(
  admin: Admin,
  specs: readonly TopicSpec[],
): Promise<readonly TopicState[]> {
  const existing = new Set(await admin.listTopics());
  const { brokers } = await admin.describeCluster();
  const known = new Map<string, TopicSettings>();
  for (const name of new Set(specs.flatMap((spec) => [spec.name, ...sourcesOf(spec)]))) {
    if (existing.has(name)) known.set(name, await settingsOf(admin, name));
  }
  const states: TopicState[] = [];
  for (const spec of specs) {
    const settings = known.get(spec.name);
    if (settings === undefined) {
      states.push(missingTopic(spec));
      continue;
    }
    const facts = { ...(await replicasOf(admin, spec.name)), settings };
    states.push({
      ...{ role: spec.role, name: spec.name, exists: true },
      ...{ partitions: facts.partitions, replication: facts.replication },
      maxMessageBytes: Number(settings.get("max.message.bytes")),
      retentionMs: retentionMsOf(settings),
      ...findingsOf(spec, facts, { brokers: brokers.length, known }),
    });
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
  for (const spec of specs.filter(({ name }) => !existing.has(name))) {
    const { name } = spec;
    const known = new Map<string, TopicSettings>();
    for (const source of sourcesOf(spec)) {
      known.set(source, await onceKnown(async () => settingsOf(admin, source)));
    }
    const settings = Object.entries(settingsToCreate(spec, known, replication));
    const isNew = await admin.createTopics({
      // kafkajs would wait for leaders, and give up on a broker that has not heard of the topic yet.
      waitForLeaders: false,
      topics: [
        {
          topic: name,
          numPartitions: spec.partitions?.created ?? partitions,
          replicationFactor: replication ?? -1,
          configEntries: settings.map(([key, value]) => ({ name: key, value })),
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

async function replicasOf(
  admin: Admin,
  topic: string,
): Promise<{ readonly partitions: number; readonly replication: number }> {
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = metadata.topics[0]?.partitions ?? [];
  const replication = Math.min(...partitions.map(({ replicas }) => replicas.length));
  return { partitions: partitions.length, replication };
}

function missingTopic({ role, name }: TopicSpec): TopicState {
  return {
    ...{ role, name, exists: false, partitions: 0, replication: 0, maxMessageBytes: null },
    retentionMs: Infinity,
    problems: ["does not exist; `topics --create` creates it"],
    risks: [],
    warnings: [],
  };
}

async function settingsOf(admin: Admin, topic: string): Promise<TopicSettings> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}
