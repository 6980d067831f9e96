import { createKafka, type Kafka } from "../src/kafka/client.ts";
import { silentLog } from "../src/observability/silent-log.ts";

/** A client of a bench's own broker. */
export function benchKafka(brokers: readonly string[], journal: string): Kafka {
  const names = {
    requests: "",
    outcomes: "",
    deadLetters: "",
    checkpoints: "",
    control: "",
    slots: "",
  };
  const topics = { ...names, journal };
  return createKafka(
    {
      ...{ brokers, topics, clientId: "bench", groupId: "bench", ssl: null, sasl: null },
      ...{ sessionTimeoutMs: 30_000, heartbeatIntervalMs: 3000 },
      ...{ requestTimeoutMs: 30_000, connectionTimeoutMs: 10_000 },
    },
    silentLog,
  );
}
