import { randomUUID } from "node:crypto";

import { createRegistry, type Registry } from "../avro/registry.ts";
import { loadSchemas } from "../avro/schemas.ts";
import type { RerunRequest } from "../avro/wire-types.ts";
import type { Config } from "../config/config.ts";
import { offsetRanges, readTopic } from "../kafka/topic-reader.ts";
import { awaitOutcomes } from "./await-outcomes.ts";
import { CommandFailed, exitCodeOf } from "./command-failed.ts";
import { explainingRegistry } from "./explain-registry.ts";
import { requireTopic, withKafka, type KafkaSession } from "./kafka-session.ts";
import { OutcomeReader } from "./outcome-reader.ts";
import { outcomeHeading, outcomeRow } from "./outcome-table.ts";
import { outcomeJson } from "./outcomes.ts";
import { readInput } from "./read-input.ts";
import { parseRequestFile } from "./request-file.ts";
import { sendRequests } from "./send-requests.ts";
import type { Terminal } from "./terminal.ts";

export interface SubmitOptions {
  readonly config: Config;
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** For requests that do not say it themselves; null: they must. */
  readonly requestedBy: string | null;
  /** Print the final outcomes too. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/**
 * `submit`: publishes the requests of a JSON file and prints their ids. 2: something is wrong with
 * the file, and nothing was sent. 1: not all of them were sent, or with `--wait` not all succeeded.
 */
export async function submitCommand(
  options: SubmitOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  return exitCodeOf(terminal, async () => {
    const { config } = options;
    const requests = await readRequests(options);
    const registry = createRegistry(config.schemaRegistry);
    const values = await explainingRegistry(async () => encode(config, registry, requests));
    return withKafka(config.kafka, async (session) => {
      const { requests: requestsTopic, outcomes } = config.kafka.topics;
      await requireTopic(session, requestsTopic);
      if (options.wait) await requireTopic(session, outcomes);
      const from = options.wait ? await offsetRanges(session.admin, outcomes) : null;
      await sendRequests({ session, config, requests, values, signal });
      for (const { requestId } of requests) {
        terminal.stdout(options.json ? `${JSON.stringify({ requestId })}\n` : `${requestId}\n`);
      }
      if (from === null) return 0;
      const ends = new Map([...from].map(([partition, { high }]) => [partition, high]));
      return wait({ session, registry, requests, ends, signal }, options, terminal);
    });
  });
}

async function readRequests(options: SubmitOptions): Promise<readonly RerunRequest[]> {
  const { file, requestedBy, config } = options;
  const parsed = parseRequestFile(await readInput(file), {
    schemaText: loadSchemas(config.kafka.topics).requests.text,
    requestedBy,
    now: Date.now(),
    newId: randomUUID,
  });
  if (parsed.kind === "requests") return parsed.requests;
  const problems = parsed.problems.map((problem) => `  ${problem}`).join("\n");
  throw new CommandFailed(`Nothing was sent. ${file}:\n${problems}`, { exitCode: 2 });
}

async function encode(
  config: Config,
  registry: Registry,
  requests: readonly RerunRequest[],
): Promise<readonly Buffer[]> {
  const { subject, text } = loadSchemas(config.kafka.topics).requests;
  const id = await registry.idOf(subject, text);
  return Promise.all(requests.map(async (request) => registry.encode(id, request)));
}

interface Waiting {
  readonly session: KafkaSession;
  readonly registry: Registry;
  readonly requests: readonly RerunRequest[];
  /** Where the outcomes topic ended before the requests were sent. */
  readonly ends: ReadonlyMap<number, bigint>;
  readonly signal: AbortSignal;
}

async function wait(
  { session, registry, requests, ends, signal }: Waiting,
  { config, timeoutMs, json }: SubmitOptions,
  terminal: Terminal,
): Promise<number> {
  const reader = new OutcomeReader(registry);
  if (!json) terminal.stdout(outcomeHeading());
  const { failed, missing } = await awaitOutcomes({
    requests,
    read: async (record) => reader.read(record),
    onOutcome: (outcome) => terminal.stdout(json ? outcomeJson(outcome) : outcomeRow(outcome)),
    follow: async (onRecord, stop) =>
      readTopic({
        kafka: session.kafka,
        topic: config.kafka.topics.outcomes,
        groupPrefix: `${config.kafka.groupId}.submit`,
        from: ends,
        until: "stopped",
        signal: stop,
        onRecord,
      }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (missing.length > 0) {
    terminal.stderr(`No final outcome yet for ${missing.length}: ${missing.join(", ")}\n`);
  }
  return failed === 0 && missing.length === 0 ? 0 : 1;
}
