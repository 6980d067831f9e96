/** The longest named delay that is obeyed: a slip of the provider's clock must not stop a lane. */
const LONGEST_NAMED_MS = 120_000;
/** Calls that left before, or while the provider still counts such ones, tell nothing of the half. */
const HALVED_AGAIN_AFTER_MS = 1000;
const STEP_EVERY_MS = 10_000;
/** Of the configured limit. */
const STEP_SHARE = 0.1;

/** An answer that there are too many calls. */
export interface ThrottlingAnswer {
  /** When the provider wants the next one; null: it does not say. */
  readonly retryAfterMs: number | null;
  /** Monotonic instant of the call's first byte. */
  readonly leftAt: number;
}

/** What rules when others live by the same account: the lowest limit that anybody names. */
export interface RulingLimit {
  /** Calls in a second. */
  readonly perSecond: number;
  /** Monotonic instant at which it was last seen to fall. */
  readonly fellAt: number;
}

const NOBODY_ELSE: RulingLimit = { perSecond: Infinity, fellAt: -Infinity };

/**
 * How many calls in a second there may be now: the configured limit, less while operators say so, and
 * less when the provider throttles nevertheless, as it does when others use the same account.
 *
 * ```
 * configured ──throttled──▶ half ──throttled──▶ a quarter … 1
 *      ▲                     │
 *      └── a tenth more for every 10 s without throttling
 * ```
 */
export class AdaptiveLimit {
  readonly #configured: number;
  readonly #now: () => number;
  #ordered: number | null = null;
  /** What throttling left; null: all. */
  #lowered: { readonly limit: number; readonly at: number } | null = null;
  #pausedUntil = -Infinity;

  constructor(configured: number, now: () => number) {
    this.#configured = configured;
    this.#now = now;
  }

  /** The most calls in a second now; at least 1. */
  get perSecond(): number {
    return Math.min(this.#configured, this.#ordered ?? Infinity, this.#adapted());
  }

  /** Whether it is less than configured, for whatever reason. */
  get isLowered(): boolean {
    return this.perSecond < this.#configured || this.pausedUntil > this.#now();
  }

  /** Monotonic instant before which the provider wants no call; in the past: it does not mind. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** What is left of another limit of the same account. */
  shareOf(limit: number): number {
    return Math.max(1, Math.floor((limit * this.perSecond) / this.#configured));
  }

  /** A call's answer was that there are too many. Halves what rules, and obeys the delay it names. */
  throttled({ retryAfterMs, leftAt }: ThrottlingAnswer, ruling = NOBODY_ELSE): void {
    const now = this.#now();
    const pauseMs = Math.min(retryAfterMs ?? 0, LONGEST_NAMED_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    const fellAt = Math.max(this.#lowered?.at ?? -Infinity, ruling.fellAt);
    if (leftAt < fellAt + HALVED_AGAIN_AFTER_MS) return;
    const from = Math.min(this.#adapted(), this.#ordered ?? Infinity, ruling.perSecond);
    this.#lowered = { limit: Math.max(1, Math.floor(from / 2)), at: now };
  }

  /** Operators want no more than this; null: as configured. */
  order(callsPerSecond: number | null): void {
    this.#ordered = callsPerSecond === null ? null : Math.max(1, Math.floor(callsPerSecond));
  }

  #adapted(): number {
    if (this.#lowered === null) return this.#configured;
    const { limit, at } = this.#lowered;
    const steps = Math.floor((this.#now() - at) / STEP_EVERY_MS);
    const step = Math.max(1, Math.floor(this.#configured * STEP_SHARE));
    return Math.min(this.#configured, limit + steps * step);
  }
}
