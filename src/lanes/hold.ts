import type { BreakerConfig, HoldWindowConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import { Breaker, type BreakerState } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { HoldWindows } from "./hold-windows.ts";
import { Trouble } from "./trouble.ts";

/** Why a lane can stand still although there is work. */
export const HOLD_REASONS = ["paused", "window", "breaker", "credentials", "quota"] as const;

/** One of them. */
export type HoldReason = (typeof HOLD_REASONS)[number];

/** One cause for which a lane stands still; `message` is for people. */
export interface Held {
  readonly why: HoldReason;
  readonly message: string;
  /** When it ends by itself, milliseconds since the epoch; null: when it is found or said to be over. */
  readonly until: number | null;
}

/** The same with its time as people write it. */
export function describeHeld({ why, message, until }: Held): object {
  return { why, message, until: until === null ? null : new Date(until).toISOString() };
}

/** An operator's order to stand still. */
export interface Pause {
  readonly message: string;
  /** Milliseconds since the epoch; null: until another order. */
  readonly until: number | null;
}

export interface HoldParts {
  readonly clock: Clock;
  /** Null: a failing provider is called on and on. */
  readonly breaker: BreakerConfig | null;
  readonly windows: readonly HoldWindowConfig[];
  /** Why the limits let nothing through for hours; null while they do. They keep that time themselves. */
  readonly usedUp: () => string | null;
}

/** What began and what is over since it was last asked. */
export interface HoldNews {
  readonly began: readonly Held[];
  readonly ended: readonly HoldReason[];
}

/**
 * Where all causes meet that keep a lane still: operators' orders, the clock, a provider that fails,
 * and the connection's own trouble. It goes on when none of them holds.
 *
 * While the provider fails or the connection is in trouble, single calls go through to find out
 * whether that is over. Such a probe is no attempt of its request: what surely did not execute goes
 * back unspent. A provider that fails is asked something harmless before (`soundsFirst`), for a call
 * that ends in silence may have run. Nothing at all goes through a pause or a window.
 */
export class Hold {
  readonly #clock: Clock;
  readonly #windows: HoldWindows;
  readonly #breaker: Breaker;
  readonly #trouble: Trouble;
  readonly #usedUp: () => string | null;
  #pause: Pause | null = null;
  #probing = false;
  #sounding = false;
  #told: ReadonlySet<HoldReason> = new Set();

  constructor({ clock, breaker, windows, usedUp }: HoldParts) {
    this.#clock = clock;
    this.#windows = new HoldWindows(windows);
    this.#breaker = new Breaker(breaker, clock.now);
    this.#trouble = new Trouble(clock.now);
    this.#usedUp = usedUp;
  }

  /** All causes that hold the lane now. */
  get held(): readonly Held[] {
    const epoch = this.#clock.epoch();
    const pause = this.#pauseAt(epoch);
    const window = this.#windows.at(epoch);
    const trouble = this.#trouble.current;
    const usedUp = this.#usedUp();
    const held: (Held | null)[] = [
      pause && { why: "paused", ...pause },
      window && { why: "window", message: window.reason, until: window.until },
      this.#breaker.isOpen ? { why: "breaker", message: this.#breaker.message, until: null } : null,
      trouble && { ...trouble, until: null },
      // What the provider said comes first.
      usedUp === null || trouble?.why === "quota"
        ? null
        : { why: "quota", message: usedUp, until: null },
    ];
    return held.filter((one) => one !== null);
  }

  /** Whether a call that goes now is a probe. */
  get isProbed(): boolean {
    return this.#breaker.isOpen || this.#trouble.current !== null;
  }

  /** Whether nothing at all may go, for somebody said so: an order or a window. */
  get isShut(): boolean {
    const epoch = this.#clock.epoch();
    return this.#pauseAt(epoch) !== null || this.#windows.at(epoch) !== null;
  }

  get breaker(): BreakerState {
    if (!this.#breaker.isOpen) return "closed";
    return this.#probing || this.#sounding ? "probing" : "open";
  }

  /**
   * Monotonic instant from which a call may go, or its sounding: 0 when nothing holds the lane,
   * `Infinity` during either and while only an order can end it.
   */
  get opensAt(): number {
    const epoch = this.#clock.epoch();
    const pause = this.#pauseAt(epoch);
    const until = Math.max(
      pause === null ? 0 : (pause.until ?? Infinity),
      this.#windows.at(epoch)?.until ?? 0,
    );
    const ofClock = until === 0 ? 0 : this.#clock.now() + until - epoch;
    if (!this.isProbed) return ofClock;
    const probeAt = Math.max(this.#breaker.probeAt, this.#trouble.probeAt);
    return this.#probing || this.#sounding ? Infinity : Math.max(ofClock, probeAt);
  }

  /** Whether something harmless has to be asked before a call may go. */
  get soundsFirst(): boolean {
    return this.#breaker.soundsFirst;
  }

  /** Something harmless is asked; `sounded` tells how that ended. */
  sounds(): void {
    this.#sounding = true;
  }

  /** It was answered (null), or what was wrong. */
  sounded(silence: string | null): void {
    this.#sounding = false;
    this.#breaker.sounded(silence);
  }

  /** The operators' order from now on; null: none. */
  pause(pause: Pause | null): void {
    this.#pause = pause;
  }

  /** A call goes out. True: it is a probe. */
  called(): boolean {
    this.#probing = this.isProbed;
    return this.#probing;
  }

  /** A call ended, and told this about the provider and the connection. */
  learned(end: CallEnd, wasProbe: boolean): void {
    if (wasProbe) this.#probing = false;
    switch (end.kind) {
      case "quota":
      case "credentials":
        this.#breaker.answered();
        this.#trouble.meet({ why: end.kind, message: end.message }, wasProbe);
        return;
      // The provider took, refused or throttled it for its own sake.
      case "accepted":
      case "refused":
      case "throttled":
        this.#breaker.answered();
        this.#trouble.end();
        return;
      case "unavailable":
      case "uncertain":
        this.#breaker.failed(end.message, { wasProbe, isUnclear: end.kind === "uncertain" });
        if (wasProbe) this.#trouble.wait();
        return;
    }
  }

  /** No call was made of what had been taken for one; after a probe the next one is due as ever. */
  undecided(wasProbe: boolean): void {
    if (!wasProbe) return;
    this.#probing = false;
    this.#breaker.wait();
    this.#trouble.wait();
  }

  /** What began and what is over since the last time this was asked. */
  news(): HoldNews {
    const { held } = this;
    const reasons = new Set(held.map(({ why }) => why));
    const began = held.filter(({ why }) => !this.#told.has(why));
    const ended = [...this.#told].filter((why) => !reasons.has(why));
    this.#told = reasons;
    return { began, ended };
  }

  #pauseAt(epoch: number): Pause | null {
    const { until } = this.#pause ?? { until: -Infinity };
    return until === null || until > epoch ? this.#pause : null;
  }
}
