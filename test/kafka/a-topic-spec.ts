import type { TopicNames } from "../../src/config/config.ts";
import { type TopicSpec, topicSpecs } from "../../src/kafka/topic-specs.ts";
import { aKafkaConfig } from "./a-kafka-config.ts";

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;

/** What the topic of a role must be like, with the names of `aKafkaConfig`. */
export function aSpec(role: keyof TopicNames, dedupeWindowMs = DAY_MS): TopicSpec {
  const specs = topicSpecs(aKafkaConfig().topics, { dedupeWindowMs });
  const spec = specs.find((one) => one.role === role);
  if (spec === undefined) throw new Error(`no topic has the role ${role}`);
  return spec;
}
