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
  readonly #probes: (() => StageReport)[] = [];
  readonly #standstills = new Map<() => StageReport, Standstill>();
  #lastLook = -Infinity;

  constructor({ stallAfterMs, now }: WatchdogOptions) {
    this.#stallAfterMs = stallAfterMs;
    this.#now = now;
  }

  /** Asks this stage too, at every look from now on. */
  watch(probe: () => StageReport): void {
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
    return healthOf(this.#probes.flatMap((probe) => this.#look(probe, now)));
  }

  #look(probe: () => StageReport, now: number): readonly string[] {
    const { name, runnable, steps } = probe();
    const before = this.#standstills.get(probe);
    if (!runnable) {
      this.#standstills.delete(probe);
      return [];
    }
    if (before?.steps !== steps) {
      this.#standstills.set(probe, { steps, since: now });
      return [];
    }
    const stillMs = now - before.since;
    if (stillMs < this.#stallAfterMs) return [];
    const seconds = Math.floor(stillMs / 1000);
    return [`${name} has had work for ${seconds} s and made no step`];
  }
}
