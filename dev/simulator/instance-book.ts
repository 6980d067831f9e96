import {
  type Run,
  type RunEnd,
  type RunPhase,
  type RunStarter,
  type RunView,
  viewRun,
} from "./instance-run.ts";

/** An instance as it stands now: its last run that shows, and all of those. */
export interface InstanceView {
  readonly id: string;
  readonly createdAtMs: number;
  readonly phase: RunPhase;
  readonly last: RunView;
  /** Oldest first, never empty. */
  readonly runs: readonly RunView[];
}

/** How a run goes; without any of these it succeeds, shows at once and was started by a call. */
export interface RunOrder {
  readonly end?: RunEnd;
  readonly hiddenForMs?: number;
  readonly by?: RunStarter;
}

/** How a book of instances behaves. */
export interface InstanceBookOptions {
  /** From a rerun to its end; the first quarter of it is spent waiting. */
  readonly runMs: number;
  /** Ids that do not exist; every other one is created on first sight. */
  readonly denied: readonly string[];
  readonly now: () => number;
}

// Clouds print whole seconds: a first run from now could not be told from a rerun.
const ageOnFirstSightMs = 60_000;

/**
 * One product's instances. They move with the clock alone:
 *
 *     failed (a minute before first sight) ── rerun ──▶ waiting ──▶ running ──▶ succeeded | failed
 *                                                          ▲──────── rerun, at any time ────────┘
 */
export class InstanceBook {
  readonly #instances = new Map<string, Run[]>();
  readonly #options: InstanceBookOptions;
  readonly #denied: ReadonlySet<string>;

  constructor(options: InstanceBookOptions) {
    this.#options = options;
    this.#denied = new Set(options.denied);
  }

  /** Runs the instance again. False when there is no such instance. */
  rerun(id: string, order: RunOrder = {}): boolean {
    const runs = this.#known(id);
    runs?.push(this.#run(order));
    return runs !== undefined;
  }

  /** Makes a new instance whose first run begins now. */
  create(id: string, order: RunOrder = {}): void {
    this.#instances.set(id, [this.#run(order)]);
  }

  /** Whether an instance of this id was seen or made. */
  has(id: string): boolean {
    return this.#instances.has(id);
  }

  /** The instance now, or nothing when there is none or none that shows yet. */
  read(id: string): InstanceView | undefined {
    const nowMs = this.#options.now();
    const shown = this.#known(id)?.filter(({ shownFromMs }) => shownFromMs <= nowMs) ?? [];
    const runs = shown.map((run, index) => viewRun(run, index + 1, nowMs, shown[index + 1]));
    const [first] = runs;
    const last = runs.at(-1);
    return first === undefined || last === undefined
      ? undefined
      : { id, createdAtMs: first.orderedAtMs, phase: last.phase, last, runs };
  }

  /** Every instance that was seen or made, in that order. */
  readAll(): InstanceView[] {
    return [...this.#instances.keys()].flatMap((id) => this.read(id) ?? []);
  }

  clear(): void {
    this.#instances.clear();
  }

  #known(id: string): Run[] | undefined {
    if (this.#denied.has(id)) {
      return undefined;
    }
    const orderedAtMs = this.#options.now() - ageOnFirstSightMs;
    const first = { orderedAtMs, waitMs: 0, totalMs: 0, shownFromMs: orderedAtMs };
    const runs = this.#instances.get(id) ?? [{ ...first, by: "somebody-else", end: "failed" }];
    this.#instances.set(id, runs);
    return runs;
  }

  #run({ end = "succeeded", hiddenForMs = 0, by = "caller" }: RunOrder): Run {
    const orderedAtMs = this.#options.now();
    const { runMs: totalMs } = this.#options;
    const shownFromMs = orderedAtMs + hiddenForMs;
    return { by, orderedAtMs, waitMs: totalMs / 4, totalMs, end, shownFromMs };
  }
}
