import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What to run, where, and which file gets everything it prints. */
export interface LeashedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/** A running command that dies with us, even when we are killed by SIGKILL (leash.sh). */
export interface LeashedProcess {
  readonly pid: number;
  /** Resolves with how it ended, as words for a message; never rejects. */
  readonly ended: Promise<string>;
  /** False once it has ended: from then on its pid may be somebody else's. */
  isRunning(): boolean;
  /** Sends a signal; does nothing once the process has ended. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a command on a leash, in a process group of its own so that a Ctrl-C in the terminal
 * reaches only us. Throws when not even a shell could be started.
 */
export function spawnLeashed(what: LeashedCommand): LeashedProcess {
  const output = openSync(what.logFile, "a");
  const child = spawn(
    "/bin/sh",
    [fileURLToPath(new URL("leash.sh", import.meta.url)), what.command, ...what.args],
    {
      cwd: what.cwd,
      env: what.env,
      detached: true,
      stdio: ["ignore", output, output, "pipe"],
    },
  );
  closeSync(output);
  const { pid } = child;
  const leash = child.stdio[3];
  if (pid === undefined || !(leash instanceof Writable)) {
    // Why it failed comes as an event, which must not take the process down.
    child.once("error", () => undefined);
    throw new Error(`Could not start a shell for ${what.command} in ${what.cwd}`);
  }
  leash.on("error", () => undefined); // the watching shell may be gone first
  let running = true;
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      leash.end("\n"); // lets the watching shell end before the pid can be used again
      resolve(code === null ? `ended by ${String(signal)}` : `exited with code ${code}`);
    });
  });
  return {
    pid,
    ended,
    isRunning: () => running,
    signal: (name) => {
      if (running) child.kill(name);
    },
  };
}
