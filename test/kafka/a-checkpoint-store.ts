import { onTestFinished } from "vitest";

import { CompactedTopic } from "../../src/kafka/compacted-topic.ts";
import type { Kafka } from "../../src/kafka/client.ts";
import { aLog } from "./a-log.ts";
import type { Connection } from "./real-topics.ts";

export interface ACheckpointStore {
  readonly store: CompactedTopic;
  readonly failures: Error[];
}

/** A checkpoint store on a topic, closed when the test ends. */
export function aCheckpointStore(
  kafka: Kafka,
  topic: string,
  loadTimeoutMs = 30_000,
): ACheckpointStore {
  const failures: Error[] = [];
  const store = new CompactedTopic({
    ...{ kafka, topic, loadTimeoutMs, requestTimeoutMs: 10_000, log: aLog() },
    now: () => performance.now(),
    onFailure: (error) => failures.push(error),
  });
  onTestFinished(async () => store.close(5_000));
  return { store, failures };
}

/** A new compacted topic. */
export async function aCheckpointTopic(connection: Connection, partitions = 1): Promise<string> {
  const config = { "cleanup.policy": "compact" };
  return connection.topic({ partitions, config });
}

/** Values and writes as text. */
export function asText(
  pairs: Iterable<readonly [string, Buffer | null]>,
): readonly (readonly [string, string | null])[] {
  return [...pairs].map(([key, value]) => [key, value?.toString() ?? null]);
}
