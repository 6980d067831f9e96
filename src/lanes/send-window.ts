/** A sliding second is kept 10 ms longer: check → wire took up to 0.6 ms on a calm host (measured). */
const WINDOW_MS = 1000;
const MARGIN_MS = 10;

/** How long one first byte keeps its place in a window, in milliseconds. */
export const GATE_WINDOW_MS = WINDOW_MS + MARGIN_MS;

/** The monotonic instant of one first byte; `Infinity` while it is on its way to the socket. */
export interface Departure {
  at: number;
}

/**
 * One limit: at most N departures in any sliding second.
 *
 * It is a log of the last N departures in the order of their permissions. One that was let through
 * and has not written yet blocks the place N behind it, so a departure can never turn out to be
 * later than what was counted on.
 */
export class SendWindow {
  readonly #limit: number;
  readonly #now: () => number;
  /** In the order of their permissions. */
  readonly #departures: Departure[] = [];

  /** `now`: the limit now, when it can be lower than `limit`. */
  constructor(limit: number, now: () => number = () => limit) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Monotonic instant from which one more may pass: 0 at once, `Infinity` until another has left. */
  get opensAt(): number {
    const blocking = this.#departures.at(-Math.min(this.#limit, this.#now()));
    return blocking === undefined ? 0 : blocking.at + GATE_WINDOW_MS;
  }

  /** Counts one that is let through now. */
  enter(departure: Departure): void {
    this.#departures.push(departure);
    if (this.#departures.length > this.#limit) this.#departures.shift();
  }
}
