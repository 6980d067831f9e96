import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "./avro/registry.ts";
import type { SchemaSpec } from "./avro/schemas.ts";
import type { Kafka } from "./kafka/client.ts";
import type { TopicSpec } from "./kafka/topic-specs.ts";
import { inspectTopics, type TopicState } from "./kafka/topics.ts";
import { unlessAborted } from "./lifecycle/unless-aborted.ts";
import type { Log } from "./observability/log.ts";

export interface PreflightParts {
  readonly kafka: Pick<Kafka, "admin">;
  readonly topics: readonly TopicSpec[];
  readonly registry: Pick<Registry, "idOf">;
  readonly outcomeSchema: SchemaSpec;
}

/**
 * How the service's surroundings stand: what keeps it from working, what may cost acknowledged
 * records, and what is worth telling.
 */
export interface Surroundings {
  readonly problems: readonly string[];
  readonly risks: readonly string[];
  readonly warnings: readonly string[];
  /** Null when the brokers could not be asked. */
  readonly topics: readonly TopicState[] | null;
}

/** Looks at brokers, topics and registry once. Never rejects; changes nothing. */
export async function inspectSurroundings(parts: PreflightParts): Promise<Surroundings> {
  const [kafka, registryProblem] = await Promise.all([inspectKafka(parts), inspectRegistry(parts)]);
  const problems = [...kafka.problems, ...(registryProblem === null ? [] : [registryProblem])];
  return { ...kafka, problems };
}

/** How often the surroundings are looked at again while something is wrong. */
const LOOK_AGAIN_MS = 5000;

/**
 * Waits until brokers, topics and registry are as they must be, and resolves with how they stand
 * then. What is wrong is told every time, to the log and to `tell`. Rejects when the signal aborts.
 */
export async function surroundingsReady(
  parts: PreflightParts & { readonly log: Log; readonly signal: AbortSignal },
  tell: (problems: readonly string[]) => void,
): Promise<Surroundings> {
  for (;;) {
    // Brokers that do not answer are asked for longer than a drain may take.
    const surroundings = await unlessAborted(inspectSurroundings(parts), parts.signal);
    tell(surroundings.problems);
    for (const risk of surroundings.risks) parts.log.error("surroundings.at-risk", { risk });
    for (const warning of surroundings.warnings) {
      parts.log.warn("surroundings.doubtful", { warning });
    }
    if (surroundings.problems.length === 0) return surroundings;
    for (const problem of surroundings.problems) {
      parts.log.error("surroundings.not-ready", { problem, lookAgainInMs: LOOK_AGAIN_MS });
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal: parts.signal });
  }
}

async function inspectKafka({ kafka, topics }: PreflightParts): Promise<Surroundings> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const states = await inspectTopics(admin, topics);
    const told = (of: "problems" | "risks" | "warnings") =>
      states.flatMap((state) => state[of].map((text) => `topic ${state.name}: ${text}`));
    const [problems, risks, warnings] = [told("problems"), told("risks"), told("warnings")];
    return { problems, risks, warnings, topics: states };
  } catch (error) {
    const problem = `the brokers cannot be asked: ${messageOf(error)}`;
    return { problems: [problem], risks: [], warnings: [], topics: null };
  } finally {
    // A disconnect that fails leaves nothing that could still be closed.
    await admin.disconnect().catch(() => undefined);
  }
}

async function inspectRegistry({
  registry,
  outcomeSchema,
}: PreflightParts): Promise<string | null> {
  try {
    await registry.idOf(outcomeSchema.subject, outcomeSchema.text);
    return null;
  } catch (error) {
    return `schema registry: ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
