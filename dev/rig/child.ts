import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What is started. */
export interface Program {
  /** Path of a TypeScript or JavaScript file, from the project's root. */
  readonly script: string;
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** A program of this project that runs as a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** The last lines of its standard error, for when it fails. */
  lastWords(): string;
}

export interface ChildOptions extends Program {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

const KEPT_LINES = 20;
const ROOT = new URL("../../", import.meta.url);

/**
 * Starts a program. It gets a process group of its own, so that Ctrl-C in a terminal reaches only
 * whoever started it, who then ends it in order.
 */
export function startChild(options: ChildOptions): Child {
  const { script, nodeArgs = [], args, env = {}, onLine } = options;
  const loader = script.endsWith(".ts") ? ["--import", "tsx"] : [];
  const child = spawn(process.execPath, [...loader, ...nodeArgs, script, ...args], {
    cwd: ROOT,
    // eslint-disable-next-line no-restricted-properties -- a child needs its parent's PATH and HOME
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const words: string[] = [];
  createInterface({ input: child.stdout }).on("line", onLine);
  createInterface({ input: child.stderr }).on("line", (line) => {
    words.push(line);
    if (words.length > KEPT_LINES) words.shift();
  });
  const ended = once(child, "close").then(
    ([code, signal]) => (code ?? signal) as number | string, // documented: one of them is set
  );
  return { process: child, ended, lastWords: () => words.join("\n") };
}

/** Asks a child to end and resolves with how it ended; after `ms` it is killed. */
export async function endChild(child: Child, ms: number): Promise<number | string> {
  const timer = setTimeout(() => child.process.kill("SIGKILL"), ms);
  child.process.kill("SIGTERM");
  const end = await child.ended;
  clearTimeout(timer);
  return end;
}
