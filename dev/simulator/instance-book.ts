/** Where an instance stands, in words that each cloud translates into its own. */
export type InstancePhase = "failed" | "waiting" | "running" | "succeeded";

/** An instance as it stands now. Times are ms since the epoch. */
export interface InstanceView {
  readonly id: string;
  readonly phase: InstancePhase;
  /** 1 before the first rerun; the clouds count runs, not reruns. */
  readonly runNumber: number;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
}

/** How a book of instances behaves. */
export interface InstanceBookOptions {
  /** From a rerun to its success; the first quarter of it is spent waiting. */
  readonly runMs: number;
  /** Ids that do not exist; every other one is created on first sight. */
  readonly denied: readonly string[];
  readonly now: () => number;
}

/**
 * One cloud's instances. They move with the clock alone:
 *
 *     failed (on first sight) ── rerun ──▶ waiting ──▶ running ──▶ succeeded
 *                                             ▲─────── rerun, at any time ──────┘
 */
export class InstanceBook {
  readonly #instances = new Map<
    string,
    { createdAtMs: number; rerunAtMs?: number; runs: number }
  >();
  readonly #denied: ReadonlySet<string>;
  readonly #runMs: number;
  readonly #now: () => number;

  constructor({ runMs, denied, now }: InstanceBookOptions) {
    this.#denied = new Set(denied);
    this.#runMs = runMs;
    this.#now = now;
  }

  /** Runs the instance again. False when there is no such instance. */
  rerun(id: string): boolean {
    if (this.#denied.has(id)) {
      return false;
    }
    const now = this.#now();
    const { createdAtMs = now, runs = 1 } = this.#instances.get(id) ?? {};
    this.#instances.set(id, { createdAtMs, rerunAtMs: now, runs: runs + 1 });
    return true;
  }

  /** The instance now, or nothing when there is no such instance. */
  read(id: string): InstanceView | undefined {
    if (this.#denied.has(id)) {
      return undefined;
    }
    const now = this.#now();
    const known = this.#instances.get(id) ?? { createdAtMs: now, runs: 1 };
    this.#instances.set(id, known);
    const view = { id, runNumber: known.runs, createdAtMs: known.createdAtMs };
    if (known.rerunAtMs === undefined) {
      const thenMs = known.createdAtMs;
      return {
        ...view,
        phase: "failed",
        modifiedAtMs: thenMs,
        startedAtMs: thenMs,
        finishedAtMs: thenMs,
      };
    }
    const startedAtMs = known.rerunAtMs + this.#runMs / 4;
    const finishedAtMs = known.rerunAtMs + this.#runMs;
    if (now < startedAtMs) {
      return { ...view, phase: "waiting", modifiedAtMs: known.rerunAtMs };
    }
    if (now < finishedAtMs) {
      return { ...view, phase: "running", modifiedAtMs: startedAtMs, startedAtMs };
    }
    return { ...view, phase: "succeeded", modifiedAtMs: finishedAtMs, startedAtMs, finishedAtMs };
  }

  clear(): void {
    this.#instances.clear();
  }
}
