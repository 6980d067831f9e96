import type { Gate } from "../domain/provider.ts";

/** A sliding second is kept 10 ms longer: check → wire took up to 0.6 ms on a calm host (measured). */
const WINDOW_MS = 1000;
const MARGIN_MS = 10;

/** How long one first byte keeps its place in the window, in milliseconds. */
export const GATE_WINDOW_MS = WINDOW_MS + MARGIN_MS;

export interface SendGateOptions {
  /** At most this many first bytes in any sliding second. */
  readonly limit: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told each departure's instant, for the metrics. */
  readonly onLeft?: (at: number) => void;
}

interface Waiter {
  readonly open: (leave: () => void) => void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Lets at most N first bytes leave in any sliding second, in the order of asking.
 *
 * It is a log of the last N departures, stamped at the write itself and not when permission was
 * given: after the event loop stood still, permissions bunch up, writes must not. One that was
 * let through and has not written yet blocks the place N behind it, so a departure can never turn
 * out to be later than what was counted on.
 */
export class SendGate implements Gate {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #onLeft: (at: number) => void;
  /** The last N departures, oldest first; `Infinity` while one is on its way to the socket. */
  readonly #departures: { at: number }[] = [];
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SendGateOptions) {
    this.#limit = options.limit;
    this.#now = options.now;
    this.#onLeft = options.onLeft ?? (() => undefined);
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = withResolvers<() => void>();
    const waiter: Waiter = { open: resolve, refuse: reject };
    const giveUp = () => {
      this.#waiting.delete(waiter);
      if (this.#waiting.size === 0) this.#sleep();
      waiter.refuse(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.add(waiter);
    this.#letPass();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #letPass(): void {
    for (const waiter of this.#waiting) {
      if (this.#delayMs() > 0) break;
      this.#waiting.delete(waiter);
      waiter.open(this.#depart());
    }
    this.#scheduleNext();
  }

  #delayMs(): number {
    const oldest = this.#departures[0];
    if (this.#departures.length < this.#limit || oldest === undefined) return 0;
    return oldest.at + GATE_WINDOW_MS - this.#now();
  }

  #depart(): () => void {
    const departure = { at: Infinity };
    this.#departures.push(departure);
    if (this.#departures.length > this.#limit) this.#departures.shift();
    return () => {
      if (departure.at !== Infinity) return;
      departure.at = this.#now();
      this.#onLeft(departure.at);
      this.#letPass();
    };
  }

  #scheduleNext(): void {
    if (this.#waiting.size === 0 || this.#timer !== null) return;
    const delayMs = this.#delayMs();
    // Whoever is on its way to the socket wakes us when it has left.
    if (delayMs === Infinity) return;
    // Timers may fire a fraction early: the check above decides, the timer only wakes it up.
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#letPass();
      },
      Math.max(1, Math.ceil(delayMs)),
    );
  }

  /** Nobody waits: no timer must keep the process alive. */
  #sleep(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
