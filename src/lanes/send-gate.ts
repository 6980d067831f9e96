import type { Gate } from "../domain/provider.ts";
import { type Departure, SendWindow } from "./send-window.ts";

/** What goes through a gate: reruns and reads. */
export type Traffic = "call" | "read";

/** When both wait for the same place, four in five are calls': reads never starve, nor do reruns. */
const CALLS_FOR_ONE_READ = 4;

export interface SendGateOptions {
  /** At most this many first bytes in any sliding second, all lines together; `Infinity`: no limit. */
  readonly limit: number;
  /** The same now, when it can be lower. */
  readonly limitNow?: () => number;
  /** Monotonic instant before which nobody passes. */
  readonly pausedUntil?: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told the instant of each departure that came through `pass`. */
  readonly onLeft?: (at: number) => void;
}

/** Those who wait for the same limits, in the order of asking. */
export interface SendLine {
  /** How many wait for their turn. */
  readonly waiting: number;
  /** Like `Gate.pass`; `onLeft` is told the departure's monotonic instant. */
  pass(signal: AbortSignal, onLeft?: (at: number) => void): Promise<() => void>;
}

interface Waiter {
  /** Order of asking, over all lines. */
  readonly turn: number;
  readonly open: (leave: () => void) => void;
  readonly refuse: (reason: unknown) => void;
  readonly onLeft: (at: number) => void;
}

interface Line {
  readonly traffic: Traffic;
  readonly windows: readonly SendWindow[];
  readonly waiting: Set<Waiter>;
}

/**
 * Lets first bytes leave so that no limit is broken in any sliding second: the one of the whole gate
 * and those of the lines.
 *
 * Whoever passes takes its place in all of its windows at once, or in none: nobody holds a place in
 * one while it waits for another, so lines cannot block each other. Among those whose windows are
 * open the one that asked first goes.
 *
 * Departures are stamped at the write itself and not when permission was given: after the event loop
 * stood still, permissions bunch up, writes must not.
 */
export class SendGate implements Gate {
  readonly #now: () => number;
  readonly #whole: readonly SendWindow[];
  readonly #lines: Line[] = [];
  readonly #own: SendLine;
  readonly #onLeft: ((at: number) => void) | undefined;
  readonly #pausedUntil: () => number;
  #lastTurn = 0;
  #callsSinceRead = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Infinity;

  constructor({ limit, limitNow, now, onLeft, pausedUntil = () => 0 }: SendGateOptions) {
    this.#now = now;
    this.#pausedUntil = pausedUntil;
    this.#whole = limit === Infinity ? [] : [new SendWindow(limit, limitNow)];
    this.#onLeft = onLeft;
    this.#own = this.line("call", []);
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#lines.reduce((sum, { waiting }) => sum + waiting.size, 0);
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    return this.#own.pass(signal, this.#onLeft);
  }

  /** A line of its own, under these limits and the gate's. It stays for the life of the gate. */
  line(traffic: Traffic, windows: readonly SendWindow[]): SendLine {
    const line: Line = { traffic, windows: [...windows, ...this.#whole], waiting: new Set() };
    this.#lines.push(line);
    return {
      get waiting() {
        return line.waiting.size;
      },
      pass: async (signal, onLeft = () => undefined) => this.#pass(line, signal, onLeft),
    };
  }

  async #pass(line: Line, signal: AbortSignal, onLeft: (at: number) => void): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = withResolvers<() => void>();
    const waiter: Waiter = { turn: this.#lastTurn++, open: resolve, refuse: reject, onLeft };
    const giveUp = () => {
      line.waiting.delete(waiter);
      if (this.waiting === 0) this.#sleep();
      waiter.refuse(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    line.waiting.add(waiter);
    this.#letPass();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  #letPass(): void {
    for (;;) {
      const line = this.#nextLine();
      const waiter = line && firstOf(line);
      if (line === undefined || waiter === undefined) break;
      line.waiting.delete(waiter);
      this.#callsSinceRead = line.traffic === "read" ? 0 : this.#callsSinceRead + 1;
      waiter.open(this.#depart(line, waiter));
    }
    this.#scheduleNext();
  }

  #nextLine(): Line | undefined {
    const now = this.#now();
    const call = this.#firstReady("call", now);
    const read = this.#firstReady("read", now);
    if (call === undefined || read === undefined) return call ?? read;
    return this.#callsSinceRead >= CALLS_FOR_ONE_READ ? read : call;
  }

  #firstReady(traffic: Traffic, now: number): Line | undefined {
    let first: Line | undefined;
    for (const line of this.#lines) {
      if (line.traffic !== traffic || line.waiting.size === 0 || this.#opensAt(line) > now)
        continue;
      if (first === undefined || turnOf(line) < turnOf(first)) first = line;
    }
    return first;
  }

  #opensAt({ windows }: Line): number {
    return Math.max(0, this.#pausedUntil(), ...windows.map((window) => window.opensAt));
  }

  #depart(line: Line, { onLeft }: Waiter): () => void {
    const departure: Departure = { at: Infinity };
    for (const window of line.windows) window.enter(departure);
    return () => {
      if (departure.at !== Infinity) return;
      departure.at = this.#now();
      onLeft(departure.at);
      this.#letPass();
    };
  }

  #scheduleNext(): void {
    const waiting = this.#lines.filter((line) => line.waiting.size > 0);
    const opens = Math.min(Infinity, ...waiting.map((line) => this.#opensAt(line)));
    // Whoever is on its way to the socket wakes us when it has left.
    if (opens === Infinity || (this.#timer !== null && this.#timerAt <= opens)) return;
    this.#sleep();
    this.#timerAt = opens;
    // Timers may fire a fraction early: the check above decides, the timer only wakes it up.
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#letPass();
      },
      Math.max(1, Math.ceil(opens - this.#now())),
    );
  }

  /** Nobody waits: no timer must keep the process alive. */
  #sleep(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function firstOf({ waiting }: Line): Waiter | undefined {
  const [first] = waiting;
  return first;
}

function turnOf(line: Line): number {
  return firstOf(line)?.turn ?? Infinity;
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
