import { stringify } from "lossless-json";

import { createRegistry } from "../avro/registry.ts";
import type { RerunOutcome } from "../avro/wire-types.ts";
import type { Config } from "../config/config.ts";
import { readTopic } from "../kafka/topic-reader.ts";
import { exitCodeOf } from "./command-failed.ts";
import { requireTopic, withKafka } from "./kafka-session.ts";
import { OutcomeReader } from "./outcome-reader.ts";
import { outcomeHeading, outcomeRow } from "./outcome-table.ts";
import type { Terminal } from "./terminal.ts";

export interface OutcomesOptions {
  readonly config: Config;
  /** Stay and show what comes, until the signal aborts. */
  readonly follow: boolean;
  /** Only those of this requestId; null: all. */
  readonly request: string | null;
  readonly json: boolean;
}

/** `outcomes`: prints what stands in the outcomes topic, from its beginning. 0 when all was read. */
export async function outcomesCommand(
  { config, follow, request, json }: OutcomesOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  return exitCodeOf(terminal, async () =>
    withKafka(config.kafka, async (session) => {
      const topic = config.kafka.topics.outcomes;
      await requireTopic(session, topic);
      const reader = new OutcomeReader(createRegistry(config.schemaRegistry));
      if (!json) terminal.stdout(outcomeHeading());
      await readTopic({
        kafka: session.kafka,
        topic,
        groupPrefix: `${config.kafka.groupId}.outcomes`,
        until: follow ? "stopped" : "end",
        signal,
        onRecord: async (record) => {
          const outcome = await reader.read(record);
          if (outcome === null || (request !== null && outcome.requestId !== request)) return;
          terminal.stdout(json ? outcomeJson(outcome) : outcomeRow(outcome));
        },
      });
      if (reader.skipped > 0) terminal.stderr(`${reader.skipped} records are no outcomes\n`);
      return 0;
    }),
  );
}

/** An outcome as one line of JSON with the schema's field names; int64 as exact bare numbers. */
export function outcomeJson(outcome: RerunOutcome): string {
  return `${stringify(outcome) ?? ""}\n`;
}
