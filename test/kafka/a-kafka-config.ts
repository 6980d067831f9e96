import type { KafkaConfig } from "../../src/config/config.ts";

/** A config of Kafka with short patience. */
export function aKafkaConfig(overrides: Partial<KafkaConfig> = {}): KafkaConfig {
  return {
    brokers: ["127.0.0.1:1"],
    clientId: "test",
    groupId: "test",
    ssl: null,
    sasl: null,
    sessionTimeoutMs: 10_000,
    heartbeatIntervalMs: 1_000,
    requestTimeoutMs: 10_000,
    connectionTimeoutMs: 5_000,
    topics: {
      requests: "requests",
      outcomes: "outcomes",
      deadLetters: "dead-letters",
      journal: "journal",
      checkpoints: "checkpoints",
      control: "control",
      slots: "slots",
    },
    ...overrides,
  };
}
