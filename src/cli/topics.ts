import type { Config } from "../config/config.ts";
import { topicNeedsOf, topicSpecs } from "../kafka/topic-specs.ts";
import { createMissing, inspectTopics, type TopicState } from "../kafka/topics.ts";
import { exitCodeOf } from "./command-failed.ts";
import { withKafka } from "./kafka-session.ts";
import { columns } from "./columns.ts";
import type { Terminal } from "./terminal.ts";

export interface TopicsOptions {
  readonly config: Config;
  readonly create: boolean;
  /** For the topics that are created and have no number of their own. */
  readonly partitions: number;
  /** Null: the broker's default. */
  readonly replication: number | null;
  readonly json: boolean;
}

/** `topics`: shows the topics or creates the missing ones. 0: all is well; 1: something is wrong. */
export async function topicsCommand(
  { config, create, partitions, replication, json }: TopicsOptions,
  terminal: Terminal,
): Promise<number> {
  return exitCodeOf(terminal, async () =>
    withKafka(config.kafka, async ({ admin }) => {
      const specs = topicSpecs(config.kafka.topics, topicNeedsOf(config));
      if (create) {
        const created = await createMissing(admin, specs, { partitions, replication });
        for (const name of created) terminal.stderr(`created ${name}\n`);
      }
      const states = await inspectTopics(admin, specs);
      terminal.stdout(json ? `${JSON.stringify(states, null, 2)}\n` : tableOf(states));
      if (!json) terminal.stderr(findingsOf(states));
      return states.every(isSound) ? 0 : 1;
    }),
  );
}

function tableOf(states: readonly TopicState[]): string {
  const rows = states.map((state) =>
    state.exists
      ? [
          state.name,
          String(state.partitions),
          String(state.replication),
          String(state.maxMessageBytes),
          isSound(state) ? "ok" : "wrong",
        ]
      : [state.name, "-", "-", "-", "missing"],
  );
  return columns([["TOPIC", "PARTITIONS", "REPLICATION", "MAX.MESSAGE.BYTES", "STATE"], ...rows]);
}

function findingsOf(states: readonly TopicState[]): string {
  return states
    .flatMap(({ name, problems, risks, warnings }) => [
      ...[...problems, ...risks].map((problem) => `problem: ${name}: ${problem}\n`),
      ...warnings.map((warning) => `warning: ${name}: ${warning}\n`),
    ])
    .join("");
}

function isSound({ problems, risks }: TopicState): boolean {
  return problems.length === 0 && risks.length === 0;
}
