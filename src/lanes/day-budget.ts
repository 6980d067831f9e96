import type { Clock } from "./clock.ts";
import type { Traffic } from "./send-gate.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Reads get at most this share of a day, so that they cannot use up what reruns need. */
const ONE_READ_IN = 5;

/** A full day of which something may still come back is looked at again after this long. */
const LOOK_AGAIN_MS = 1000;

/** The right to one departure of the day. Exactly one of the two is called, once. */
export interface DayPlace {
  /** The first byte left. */
  left(): void;
  /** Nothing left, and nothing will. */
  giveBack(): void;
}

/** The departures of one minute. */
interface Minute {
  readonly index: number;
  calls: number;
  reads: number;
}

/**
 * At most N departures in any sliding 24 hours, by the monotonic clock and in this process's memory.
 *
 * A place is taken when work is begun, so that nobody waits for the day at a gate with a claim and a
 * connection in hand. Departures are counted by the minute and leave the count when the whole minute
 * is 24 hours old: at most a minute late, never early, with 1441 entries however high N is.
 */
export class DayBudget {
  readonly #limit: number;
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #minutes: Minute[] = [];
  readonly #made = { call: 0, read: 0 };
  readonly #underWay = { call: 0, read: 0 };

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Monotonic instant from which a call may have a place: 0 at once. */
  opensAt(): number {
    this.#forgetOld();
    if (this.#hasRoom("call")) return 0;
    const mayComeBack = this.#underWay.call + this.#underWay.read > 0;
    const soon = mayComeBack ? this.#clock.now() + LOOK_AGAIN_MS : Infinity;
    return Math.min(soon, this.#nextLeavesAt());
  }

  /** Null when the day is used up. */
  take(traffic: Traffic): DayPlace | null {
    this.#forgetOld();
    if (!this.#hasRoom(traffic)) return null;
    this.#underWay[traffic] += 1;
    return {
      left: () => {
        this.#underWay[traffic] -= 1;
        this.#count(traffic);
      },
      giveBack: () => void (this.#underWay[traffic] -= 1),
    };
  }

  /** What to tell people when calls have to wait for the day to go on; null while they need not. */
  usedUp(): string | null {
    this.#forgetOld();
    if (this.#hasRoom("call")) return null;
    const made = this.#made.call + this.#made.read + this.#underWay.call + this.#underWay.read;
    const inMs = this.#nextLeavesAt() - this.#clock.now();
    const next = Number.isFinite(inMs)
      ? `; the next is possible at ${new Date(this.#clock.epoch() + inMs).toISOString()}`
      : "";
    return `${made} calls and reads were made in the last 24 hours and callsPerDay is ${this.#limit}${next}`;
  }

  /** What the last 24 hours hold, what is on its way included. */
  get made(): { readonly limit: number; readonly calls: number; readonly reads: number } {
    this.#forgetOld();
    return {
      limit: this.#limit,
      calls: this.#made.call + this.#underWay.call,
      reads: this.#made.read + this.#underWay.read,
    };
  }

  #hasRoom(traffic: Traffic): boolean {
    const reads = this.#made.read + this.#underWay.read;
    const all = this.#made.call + this.#underWay.call + reads;
    if (all >= this.#limit) return false;
    return traffic === "call" || reads < Math.floor(this.#limit / ONE_READ_IN);
  }

  #count(traffic: Traffic): void {
    const index = Math.floor(this.#clock.now() / MINUTE_MS);
    let minute = this.#minutes.at(-1);
    if (minute?.index !== index) {
      minute = { index, calls: 0, reads: 0 };
      this.#minutes.push(minute);
    }
    if (traffic === "call") minute.calls += 1;
    else minute.reads += 1;
    this.#made[traffic] += 1;
  }

  #forgetOld(): void {
    while (this.#nextLeavesAt() <= this.#clock.now()) {
      const oldest = this.#minutes.shift();
      this.#made.call -= oldest?.calls ?? 0;
      this.#made.read -= oldest?.reads ?? 0;
    }
  }

  #nextLeavesAt(): number {
    const oldest = this.#minutes[0];
    return oldest === undefined ? Infinity : (oldest.index + 1) * MINUTE_MS + DAY_MS;
  }
}
