import { SchemaNotRegistered } from "../avro/registry-errors.ts";
import { createRegistry, type Registry } from "../avro/registry.ts";
import { loadSchemas, type SchemaSpec } from "../avro/schemas.ts";
import type { Config } from "../config/config.ts";
import { columns } from "./columns.ts";
import { exitCodeOf } from "./command-failed.ts";
import { explainingRegistry } from "./explain-registry.ts";
import type { Terminal } from "./terminal.ts";

export interface SchemasOptions {
  readonly config: Config;
  readonly check: boolean;
  readonly register: boolean;
  readonly json: boolean;
}

/** How one subject stands. */
interface SubjectState {
  readonly subject: string;
  /** The id of our schema; null when the subject does not have it. */
  readonly id: number | null;
  readonly latestVersion: number | null;
  readonly level: string | null;
  readonly wantedLevel: string;
  /** With `--check`; null otherwise. */
  readonly compatible: boolean | null;
  readonly problems: readonly string[];
}

/**
 * `schemas`: shows the two subjects, checks whether our schemas may be registered, or registers
 * them. 0: all is well; 1: a schema is not registered, or must not be.
 */
export async function schemasCommand(
  { config, check, register, json }: SchemasOptions,
  terminal: Terminal,
): Promise<number> {
  return exitCodeOf(terminal, async () => {
    const registry = createRegistry(config.schemaRegistry);
    const { requests, outcomes } = loadSchemas(config.kafka.topics);
    const states: SubjectState[] = [];
    for (const spec of [requests, outcomes]) {
      states.push(
        await explainingRegistry(async () => {
          if (register) await registry.register(spec.subject, spec.text, spec.level);
          return inspect(registry, spec, check);
        }),
      );
    }
    terminal.stdout(json ? `${JSON.stringify(states, null, 2)}\n` : tableOf(states));
    for (const { subject, problems } of json ? [] : states) {
      for (const problem of problems) terminal.stderr(`problem: ${subject}: ${problem}\n`);
    }
    return states.every(({ problems }) => problems.length === 0) ? 0 : 1;
  });
}

async function inspect(
  registry: Registry,
  { subject, text, level: wantedLevel }: SchemaSpec,
  check: boolean,
): Promise<SubjectState> {
  const latest = await registry.latest(subject);
  const level = await registry.level(subject);
  const id = latest === null ? null : await idOrNull(registry, subject, text);
  const verdict = check ? await registry.compatibility(subject, text) : null;
  const problems: string[] = [];
  if (verdict?.kind === "incompatible") {
    problems.push(
      `our schema is not compatible: ${verdict.messages.join("; ") || "no reason given"}`,
    );
  } else if (id === null && !check) {
    problems.push("our schema is not registered; `schemas --register` registers it");
  }
  if (latest !== null && level !== wantedLevel) {
    problems.push(
      `compatibility is ${level ?? "the registry's default"}, not ${wantedLevel}; \`schemas --register\` sets it`,
    );
  }
  const compatible = verdict === null ? null : verdict.kind !== "incompatible";
  const latestVersion = latest?.version ?? null;
  return { subject, id, latestVersion, level, wantedLevel, compatible, problems };
}

async function idOrNull(registry: Registry, subject: string, text: string): Promise<number | null> {
  try {
    return await registry.idOf(subject, text);
  } catch (error) {
    if (error instanceof SchemaNotRegistered) return null;
    throw error;
  }
}

function tableOf(states: readonly SubjectState[]): string {
  const rows = states.map((state) => [
    state.subject,
    String(state.id ?? "-"),
    String(state.latestVersion ?? "-"),
    state.level ?? "-",
    state.problems.length === 0 ? "ok" : "wrong",
  ]);
  return columns([["SUBJECT", "ID", "LATEST VERSION", "COMPATIBILITY", "STATE"], ...rows]);
}
