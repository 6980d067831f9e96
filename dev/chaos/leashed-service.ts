import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

import { ownEnvironment } from "../stack/own-environment.ts";
import { type DeathPoint, deathPointIn } from "./death-points.ts";

export interface LeashedServiceOptions {
  readonly configFile: string;
  /** Claims that nobody else sees. */
  readonly privateJournal: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Gets everything it prints. */
  readonly logFile: string;
}

/** How a service process ended. */
export interface ProcessEnd {
  /** Null: by a signal. */
  readonly code: number | null;
  /** Where it killed itself, when it was told to. */
  readonly point: DeathPoint | null;
  /** The last thing that it called fatal. */
  readonly fatal: string | null;
}

/** One service process. It never outlives this one, not even while it is frozen. */
export interface LeashedService {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  readonly isRunning: () => boolean;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Gives it one of the orders of death-points.ts. */
  readonly order: (line: string) => void;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LEASH = fileURLToPath(new URL("../stack/leash.sh", import.meta.url));
const SERVICE = fileURLToPath(new URL("service-main.ts", import.meta.url));

/** Starts one. Throws when not even a shell could be started. */
export function startLeashedService(options: LeashedServiceOptions): LeashedService {
  const { configFile, privateJournal, env, logFile } = options;
  const output = openSync(logFile, "a");
  const child = spawn(
    "/bin/sh",
    [
      ...[LEASH, process.execPath, "--import", "tsx", SERVICE, "--config", configFile],
      ...(privateJournal ? ["--private-journal"] : []),
    ],
    {
      cwd: ROOT,
      env: { ...ownEnvironment(), ...env },
      detached: true,
      stdio: ["pipe", output, output, "pipe"],
    },
  );
  closeSync(output);
  const { pid, stdin } = child;
  const leash = child.stdio[3];
  if (pid === undefined || !(leash instanceof Writable) || stdin === null) {
    child.once("error", () => undefined);
    throw new Error("could not start a shell for a service process");
  }
  for (const pipe of [leash, stdin]) pipe.on("error", () => undefined);
  let isRunning = true;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code) => {
      isRunning = false;
      // Lets the watching shell end before the pid can be used again.
      leash.end("\n");
      resolve({ code, ...lastWordsIn(logFile) });
    });
  });
  return {
    pid,
    ended,
    isRunning: () => isRunning,
    signal: (name) => {
      if (isRunning) child.kill(name);
    },
    order: (line) => {
      if (isRunning) stdin.write(line);
    },
  };
}

/** What its log tells of its end. */
function lastWordsIn(logFile: string): Pick<ProcessEnd, "point" | "fatal"> {
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
  const fatal = lines.findLast((line) => line.includes('"level":"fatal"')) ?? null;
  return { point: deathPointIn(lines.at(-1) ?? ""), fatal };
}
