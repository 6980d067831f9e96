import type { Config, ProviderConfig } from "../../src/config/config.ts";
import type { Random } from "./random.ts";

/** A config whose times are short and whose limits are felt, within what the parser allows. */
export function simulatedConfig(random: Random, windowMs: number): Config {
  const names = ["north", "south"].slice(0, random.whole(1, 2));
  return {
    kafka: {
      ...{ brokers: [], clientId: "simulation", groupId: "simulation", ssl: null, sasl: null },
      ...{ sessionTimeoutMs: 6000, heartbeatIntervalMs: 1000 },
      ...{ requestTimeoutMs: 5000, connectionTimeoutMs: 5000 },
      topics: {
        ...{ requests: "requests", outcomes: "outcomes", deadLetters: "dead-letters" },
        ...{ journal: "journal", checkpoints: "checkpoints", control: "control", slots: "slots" },
      },
    },
    schemaRegistry: { url: "", username: null, password: null, timeoutMs: 1000, ca: null },
    providers: names.map((name) => simulatedConnection(random, name)),
    endpoints: { allow: [], allowAddresses: [] },
    dedupe: { windowMs },
    claims: {
      callWithinMs: Math.round(random.magnitude(100, 1500)),
      graceMs: Math.round(random.magnitude(400, 3000)),
    },
    throttle: { scope: "instance" },
    limits: { targetsPerRequest: 200 },
    intake: { maxWaiting: random.chance(0.2) ? random.whole(1, 4) : 1000 },
    http: { host: "", port: 0, stallAfterMs: 60_000 },
    drainTimeoutMs: Math.round(random.magnitude(1000, 20_000)),
    log: { level: "info", format: "json" },
  };
}

function simulatedConnection(random: Random, name: string): ProviderConfig {
  const isRetried = random.chance(0.35);
  return {
    ...{ name, kind: "alibaba-dataworks", region: "simulated", ca: null },
    endpoint: { protocol: "http", host: "127.0.0.1", port: 1 },
    credentials: { type: "default" },
    rateLimit: {
      ...{ callsPerSecond: random.whole(2, 12), perOperation: {}, readsPerSecond: 20 },
      ...{ totalPerSecond: null, callsPerDay: null, shareWith: null },
    },
    maxConcurrentCalls: random.whole(1, 6),
    connectTimeoutMs: Math.round(random.magnitude(100, 1000)),
    callTimeoutMs: Math.round(random.magnitude(700, 3000)),
    retry: {
      maxAttempts: random.whole(1, 3),
      firstDelayMs: Math.round(random.magnitude(50, 2000)),
      maxDelayMs: Math.round(random.magnitude(100, 6000)),
    },
    ...{ breaker: null, holdWindows: [] },
    coalesce: { maxInstances: random.chance(0.5) ? random.whole(2, 8) : 1 },
    uncertain: isRetried ? "retry-if-absent" : "report",
    evidence: {
      before: isRetried
        ? random.pick(["auto", "always"])
        : random.pick(["auto", "always", "never"]),
      reads: random.whole(1, 3),
      intervalMs: Math.round(random.magnitude(200, 5000)),
    },
    track: {
      until: random.pick(["submitted", "submitted", "finished"]),
      ...{ intervalMs: 1000, timeoutMs: 60_000 },
    },
  };
}
