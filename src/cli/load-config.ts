import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { type ConfigWarning, renderProblems } from "../config/config-problem.ts";
import { parseConfig } from "../config/parse-config.ts";
import type { MissingSecrets } from "../config/references.ts";
import type { Terminal } from "./terminal.ts";

export interface LoadOptions {
  /** The file's path; files that it names are found relative to its folder. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly allowMissingSecrets?: MissingSecrets;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
}

/** Reads the config file. Null when it cannot be used, after all its problems were told on stderr. */
export function loadConfig(options: LoadOptions, terminal: Terminal): LoadedConfig | null {
  const { file, env, allowMissingSecrets = false } = options;
  const text = readOrTell(file, terminal);
  if (text === null) return null;
  const folder = dirname(resolve(file));
  const readFile = (path: string) => readFileSync(resolve(folder, path), "utf8");
  const parsed = parseConfig(text, { env, readFile, allowMissingSecrets });
  if (parsed.ok) return parsed;
  const count = parsed.problems.length;
  terminal.stderr(`${file} has ${count} ${count === 1 ? "problem" : "problems"}:\n`);
  terminal.stderr(renderProblems(parsed.problems));
  return null;
}

function readOrTell(file: string, terminal: Terminal): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.stderr(`The config file cannot be read: ${why}\n`);
    return null;
  }
}
