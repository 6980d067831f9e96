import type { Traffic } from "../lanes/send-gate.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Reads get at most this share of a day, so that they cannot use up what reruns need. */
const ONE_READ_IN = 5;

interface Minute {
  readonly index: number;
  calls: number;
  reads: number;
}

/**
 * The granted slots of one key in 24 hours of the brokers' time, counted by the minute as
 * `DayBudget` counts departures. Slots that nobody used count as well: nobody is told of them.
 */
export class DayCount {
  /** Oldest first. */
  readonly #minutes: Minute[] = [];
  #calls = 0;
  #reads = 0;

  /** Counts a slot of the instant `tp`; false when its author's day is used up: then it may not be used. */
  take(traffic: Traffic, limit: number, tp: number): boolean {
    this.#forgetOld(tp);
    if (!this.hasRoom(traffic, limit)) return false;
    const index = Math.max(Math.floor(tp / MINUTE_MS), this.#minutes.at(-1)?.index ?? 0);
    let minute = this.#minutes.at(-1);
    if (minute?.index !== index) {
      minute = { index, calls: 0, reads: 0 };
      this.#minutes.push(minute);
    }
    if (traffic === "call") {
      minute.calls += 1;
      this.#calls += 1;
    } else {
      minute.reads += 1;
      this.#reads += 1;
    }
    return true;
  }

  /** Whether one more may be used. */
  hasRoom(traffic: Traffic, limit: number): boolean {
    if (this.#calls + this.#reads >= limit) return false;
    return traffic === "call" || this.#reads < Math.floor(limit / ONE_READ_IN);
  }

  /** What the 24 hours before `tp` hold, and when the oldest minute leaves the count. */
  made(tp: number): { readonly calls: number; readonly reads: number; readonly nextAt: number } {
    this.#forgetOld(tp);
    const oldest = this.#minutes[0];
    const nextAt = oldest === undefined ? Infinity : (oldest.index + 1 + DAY_MINUTES) * MINUTE_MS;
    return { calls: this.#calls, reads: this.#reads, nextAt };
  }

  #forgetOld(tp: number): void {
    for (;;) {
      const oldest = this.#minutes[0];
      if (oldest === undefined || (oldest.index + 1 + DAY_MINUTES) * MINUTE_MS > tp) return;
      this.#minutes.shift();
      this.#calls -= oldest.calls;
      this.#reads -= oldest.reads;
    }
  }
}
