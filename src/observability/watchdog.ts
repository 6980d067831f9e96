import { type Health, healthOf } from "./health.ts";

/** What a stage says about itself at one moment. */
export interface StageReport {
  readonly name: string;
  /** It has work that could go on now: not held, dependencies up, limiter free. */
  readonly runnable: boolean;
  /** Grows with every step of work; only a change counts. */
  readonly steps: number;
}

/** What a watchdog goes by. */
export interface WatchdogOptions {
  readonly stallAfterMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Standstill {
  readonly steps: number;
  readonly since: number;
}

/**
 * Finds stages that could work and do not.
 *
 * ```
 * idle ──runnable──▶ waiting ──stallAfterMs without a step──▶ stalled
 *  ▲                  │    ▲                                     │
 *  └── not runnable ◀─┤    └─────────────── a step ──────────────┘
 * ```
 *
 * It knows what it saw: `live` must be called several times per `stallAfterMs`. After a longer
 * gap (a stopped machine, a debugger) nobody knows whether there was a chance to work: the waiting
 * begins anew.
 */
export class Watchdog {
  readonly #stallAfterMs: number;
  readonly #now: () => number;
  readonly #probes: (() => readonly StageReport[])[] = [];
  /** By the stage's name. */
  readonly #standstills = new Map<string, Standstill>();
  #lastLook = -Infinity;

  constructor({ stallAfterMs, now }: WatchdogOptions) {
    this.#stallAfterMs = stallAfterMs;
    this.#now = now;
  }

  /** Asks for these stages too, at every look from now on; their names tell them apart. */
  watch(probe: () => readonly StageReport[]): void {
    this.#probes.push(probe);
  }

  /**
   * Looks at every stage, and tells which of them stand still although they could work. For /livez,
   * and for a timer, which sees what happens between two visits of a probe.
   */
  live(): Health {
    const now = this.#now();
    if (now - this.#lastLook > this.#stallAfterMs) this.#standstills.clear();
    this.#lastLook = now;
    const stages = this.#probes.flatMap((probe) => probe());
    const named = new Set(stages.map(({ name }) => name));
    for (const name of this.#standstills.keys()) {
      if (!named.has(name)) this.#standstills.delete(name);
    }
    return healthOf(stages.flatMap((stage) => this.#look(stage, now)));
  }

  #look({ name, runnable, steps }: StageReport, now: number): readonly string[] {
    const before = this.#standstills.get(name);
    if (!runnable) {
      this.#standstills.delete(name);
      return [];
    }
    if (before?.steps !== steps) {
      this.#standstills.set(name, { steps, since: now });
      return [];
    }
    const stillMs = now - before.since;
    if (stillMs < this.#stallAfterMs) return [];
    const seconds = Math.floor(stillMs / 1000);
    return [`${name} has had work for ${seconds} s and made no step`];
  }
}
