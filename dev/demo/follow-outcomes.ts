import { readFileSync } from "node:fs";
import { createRegistry } from "../../src/avro/registry.ts";
import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { OutcomeReader } from "../../src/cli/outcome-reader.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import type { OutcomeFollower } from "./stage.ts";

/** A follower that reads the topics, until it is closed. */
export interface TopicFollower extends OutcomeFollower {
  close(): Promise<void>;
}

/** Reads both topics as anybody could, beside the service. */
export function followOutcomes(
  configFile: string,
  env: Readonly<Record<string, string>>,
): TopicFollower {
  const parsed = parseConfig(readFileSync(configFile, "utf8"), {
    env,
    readFile: (path) => readFileSync(path, "utf8"),
  });
  if (!parsed.ok) throw new Error(`${configFile} cannot be used`);
  const { kafka: kafkaConfig, schemaRegistry } = parsed.config;
  const kafka = createKafka(kafkaConfig, silentLog);
  const registry = createRegistry(schemaRegistry);
  const reader = new OutcomeReader(registry);
  const finals: RerunOutcome[] = [];
  let accepted = 0;
  const stop = new AbortController();
  const following = readTopic({
    kafka,
    topic: kafkaConfig.topics.outcomes,
    groupPrefix: "demo.outcomes",
    until: "stopped",
    signal: stop.signal,
    onRecord: async (record) => {
      const outcome = await reader.read(record);
      if (outcome?.final === true) finals.push(outcome);
      else if (outcome !== null) accepted += 1;
    },
  });
  const failure = following.then(
    () => null,
    (error: unknown) => error,
  );
  return {
    submitted: async () => {
      const ids: string[] = [];
      await readTopic({
        kafka,
        topic: kafkaConfig.topics.requests,
        groupPrefix: "demo.requests",
        until: "end",
        signal: stop.signal,
        onRecord: async ({ value }) => {
          const decoded = value === null ? null : await registry.decode(value);
          if (decoded?.kind !== "decoded") return;
          ids.push((decoded.value as { requestId: string }).requestId); // submit wrote it
        },
      });
      return ids;
    },
    finals: () => finals,
    accepted: () => accepted,
    close: async () => {
      stop.abort();
      const error = await failure;
      if (error !== null) throw new Error("the outcomes could not be read", { cause: error });
    },
  };
}
