import { createRegistry } from "../avro/registry.ts";
import { loadSchemas } from "../avro/schemas.ts";
import type { Config, ProviderConfig } from "../config/config.ts";
import type { ConfigWarning } from "../config/config-problem.ts";
import { describeConfig } from "../config/describe-config.ts";
import { createKafka } from "../kafka/client.ts";
import { topicNeedsOf, topicSpecs } from "../kafka/topic-specs.ts";
import { SendGate } from "../lanes/send-gate.ts";
import { silentLog } from "../observability/silent-log.ts";
import { inspectSurroundings } from "../preflight.ts";
import { openProvider } from "../providers/open-provider.ts";
import { remindersOf } from "../service-status.ts";
import { lossIn, withHistory } from "./journal-history.ts";
import type { Terminal } from "./terminal.ts";

export interface CheckOptions {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
  /** Look at the file only, connect to nothing. */
  readonly offline: boolean;
  readonly json: boolean;
}

/** `check`: tells the config in effect, and whether all that it names can be reached. 1: not all. */
export async function checkCommand(
  { config, warnings, offline, json }: CheckOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const found = offline ? NOTHING : await connect(config, signal);
  const told = {
    ok: found.problems.length === 0,
    problems: found.problems,
    warnings: [...warnings.map(({ path, message }) => `${path}: ${message}`), ...found.warnings],
    notes: remindersOf(config),
  };
  if (json) {
    terminal.stdout(`${JSON.stringify(told, null, 2)}\n`);
  } else {
    terminal.stdout(describeConfig(config));
    for (const problem of told.problems) terminal.stderr(`problem: ${problem}\n`);
    for (const warning of told.warnings) terminal.stderr(`warning: ${warning}\n`);
    for (const note of told.notes) terminal.stderr(`note: ${note}\n`);
    terminal.stderr(summaryOf(told.problems.length, offline));
  }
  return told.ok ? 0 : 1;
}

interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const NOTHING: Findings = { problems: [], warnings: [] };

async function connect(config: Config, signal: AbortSignal): Promise<Findings> {
  const { topics } = config.kafka;
  const [surroundings, ...access] = await Promise.all([
    inspectSurroundings({
      // Somebody waits for the answer: a broker that is away is told soon.
      kafka: createKafka(config.kafka, silentLog, 2),
      topics: topicSpecs(topics, topicNeedsOf(config)),
      registry: createRegistry(config.schemaRegistry),
      outcomeSchema: loadSchemas(topics).outcomes,
    }),
    ...config.providers.map(async (provider) => accessProblem(provider, signal)),
  ]);
  const { risks, warnings } = surroundings;
  const loss = surroundings.problems.length === 0 ? await journalLoss(config) : null;
  const problems = [
    ...surroundings.problems,
    ...(loss === null ? [] : [loss]),
    ...risks,
    ...access.filter((problem) => problem !== null),
  ];
  return { problems, warnings };
}

/** Why the journal cannot be gone on with; null when it can. */
async function journalLoss(config: Config): Promise<string | null> {
  const kafka = createKafka(config.kafka, silentLog, 2);
  try {
    return await withHistory(kafka, config, lossIn);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `the journal's checkpoint cannot be read: ${text}`;
  }
}

async function accessProblem(config: ProviderConfig, signal: AbortSignal): Promise<string | null> {
  const opened = await openProvider(config);
  try {
    const gate = new SendGate({ limit: 1, now: () => performance.now() });
    const trouble = await opened.provider.checkAccess({ gate, signal });
    return trouble === null ? null : `provider ${config.name}: ${trouble.message}`;
  } finally {
    opened.close();
  }
}

function summaryOf(problems: number, offline: boolean): string {
  if (offline) return "The config is good; nothing was connected to (--offline).\n";
  if (problems === 0) return "All is well: brokers, topics, registry and credentials answered.\n";
  return `${problems} ${problems === 1 ? "problem" : "problems"} found.\n`;
}
