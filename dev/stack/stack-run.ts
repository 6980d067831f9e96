import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { armLastResort } from "./last-resort.ts";
import { type LeashedProcess, spawnLeashed } from "./leash.ts";
import { logTail } from "./log-tail.ts";
import { makeRunFolder, sweepDeadRuns } from "./run-folder.ts";

const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

/** One command of a run; `name` is also the name of its log file and of its working folder's file. */
export interface RunCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * One run's temp folder and every process started in it: they come and go together.
 *
 * Whatever ends this Node process, the processes end too (leash.ts); the folder goes at any end but
 * a SIGKILL of us, and then the next run sweeps it.
 */
export class StackRun {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #processes = new Set<LeashedProcess>();
  readonly #disarm: () => void;
  #closing: Promise<void> | undefined;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
    this.#disarm = armLastResort(() => {
      this.#killAll();
      rmSync(folder, removal);
    });
  }

  /** Sweeps what dead runs left behind and opens a folder of our own. */
  static async open(env: NodeJS.ProcessEnv): Promise<StackRun> {
    await sweepDeadRuns();
    return new StackRun(await makeRunFolder(), env);
  }

  /** Where a command of that name writes what it prints. */
  logFile(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** Starts a command in the folder. Throws once the run is closing, so that nothing escapes it. */
  spawn(what: RunCommand): LeashedProcess {
    if (this.#closing !== undefined) throw new Error(`The stack was stopped before ${what.name}`);
    const child = spawnLeashed({
      command: what.command,
      args: what.args,
      cwd: this.folder,
      env: what.env ?? this.#env,
      logFile: this.logFile(what.name),
    });
    this.#processes.add(child);
    void child.ended.then(() => this.#processes.delete(child));
    return child;
  }

  /**
   * Runs a command to its end. Throws with the last lines it printed unless it exited with 0, and
   * kills it when it takes longer than `timeoutMs`.
   */
  async runToEnd(what: RunCommand, timeoutMs: number): Promise<void> {
    const child = this.spawn(what);
    const timer = setTimeout(() => child.signal("SIGKILL"), timeoutMs);
    const end = await child.ended;
    clearTimeout(timer);
    if (end === "exited with code 0") return;
    const tail = await logTail(this.logFile(what.name));
    throw new Error(`${what.name} ${end} (limit ${timeoutMs} ms). Its last lines:\n${tail}`);
  }

  /** Kills what still runs and removes the folder. May be called again: it is done once. */
  async close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#killAll();
    await Promise.all([...this.#processes].map(async (child) => child.ended));
    await rm(this.folder, removal);
    this.#disarm();
  }

  #killAll(): void {
    for (const child of this.#processes) child.signal("SIGKILL");
  }
}
