import type { Config } from "../../src/config/config.ts";
import { aKafkaConfig } from "../kafka/a-kafka-config.ts";

/** A config for commands: no providers, the brokers and the registry of the test. */
export function aConfig(
  kafka: Partial<Config["kafka"]>,
  registryUrl = "http://127.0.0.1:1",
): Config {
  return {
    kafka: aKafkaConfig(kafka),
    schemaRegistry: {
      ...{ url: registryUrl, username: null, password: null, timeoutMs: 5_000, ca: null },
    },
    providers: [],
    endpoints: { allow: [], allowAddresses: [] },
    dedupe: { windowMs: 24 * 60 * 60 * 1000 },
    claims: { callWithinMs: 3_000, graceMs: 5_000 },
    throttle: { scope: "instance" },
    limits: { targetsPerRequest: 200 },
    intake: { maxWaiting: 1_000 },
    http: { host: "127.0.0.1", port: 0, stallAfterMs: 60_000 },
    drainTimeoutMs: 25_000,
    log: { level: "info", format: "json" },
  };
}

let count = 0;

/** Topic names that nobody else has. */
export function ownTopics(): Config["kafka"]["topics"] {
  const prefix = `cli-${process.pid}-${Date.now()}-${++count}`;
  return {
    requests: `${prefix}.requests`,
    outcomes: `${prefix}.outcomes`,
    deadLetters: `${prefix}.dead-letters`,
    journal: `${prefix}.journal`,
    checkpoints: `${prefix}.checkpoints`,
    control: `${prefix}.control`,
    slots: `${prefix}.slots`,
  };
}
