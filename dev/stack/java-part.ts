import { setTimeout as pause } from "node:timers/promises";

import { type LeashedProcess } from "./leash.ts";
import { logTail } from "./log-tail.ts";
import { type PartHandle } from "./part-handle.ts";
import { type RunCommand, type StackRun } from "./stack-run.ts";

const pollEveryMs = 100;

/** How one Java server is started, and how one knows that it serves. */
export interface JavaPartSettings {
  readonly run: StackRun;
  readonly command: RunCommand;
  /** Asks the server once; true when it answers as it should. A rejection counts as false. */
  readonly answers: () => Promise<boolean>;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly log: (line: string) => void;
}

/** A Java server as a handle; every start is the same command, so ports and data stay. */
export class JavaPart implements PartHandle {
  readonly #settings: JavaPartSettings;
  #process: LeashedProcess | undefined;
  #endIsWanted = false;

  constructor(settings: JavaPartSettings) {
    this.#settings = settings;
  }

  get pid(): number | undefined {
    return this.#process?.isRunning() === true ? this.#process.pid : undefined;
  }

  async start(): Promise<void> {
    const { run, command, startTimeoutMs } = this.#settings;
    if (this.pid !== undefined) throw new Error(`${command.name} is running already`);
    this.#endIsWanted = false;
    const started = run.spawn(command);
    this.#process = started;
    const trouble = await this.#untilItAnswers(started, Date.now() + startTimeoutMs);
    if (trouble === undefined) {
      void started.ended.then((end) => this.#sayUnlessWanted(end));
      return;
    }
    await this.kill();
    const tail = await logTail(run.logFile(command.name));
    throw new Error(`${command.name} did not start: ${trouble}. Its last lines:\n${tail}`);
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#endIsWanted = true;
    running?.signal("SIGCONT"); // a frozen process would keep the SIGTERM for later
    running?.signal("SIGTERM");
    const tooLong = setTimeout(() => running?.signal("SIGKILL"), this.#settings.stopTimeoutMs);
    await running?.ended;
    clearTimeout(tooLong);
  }

  async kill(): Promise<void> {
    this.#endIsWanted = true;
    this.#process?.signal("SIGKILL");
    await this.#process?.ended;
  }

  freeze(): void {
    this.#process?.signal("SIGSTOP");
  }

  thaw(): void {
    this.#process?.signal("SIGCONT");
  }

  /** Resolves with what went wrong, or with nothing once the server answers. */
  async #untilItAnswers(started: LeashedProcess, deadline: number): Promise<string | undefined> {
    while (Date.now() < deadline) {
      if (!started.isRunning()) return `it ${await started.ended}`;
      if (await this.#settings.answers().catch(() => false)) return undefined;
      await Promise.race([pause(pollEveryMs), started.ended]);
    }
    return `it did not answer within ${this.#settings.startTimeoutMs} ms`;
  }

  #sayUnlessWanted(end: string): void {
    const { command, log, run } = this.#settings;
    if (this.#endIsWanted) return;
    log(`${command.name} ${end} though nobody asked it to; see ${run.logFile(command.name)}`);
  }
}
