/** Why a lane stands still although there is work. */
export type HoldReason = "credentials" | "quota";

/** What is told about a lane that stands still; `message` is for people. */
export interface Held {
  readonly why: HoldReason;
  readonly message: string;
}

/**
 * How long a held lane waits before its next probe, from the first to the longest. Fresh credentials
 * may be there at once (an expired token is exchanged before the next call) or when somebody has
 * acted; a quota comes back by the hour or by the day.
 */
const PROBE_AFTER_MS: Readonly<Record<HoldReason, { readonly first: number; longest: number }>> = {
  credentials: { first: 1000, longest: 30_000 },
  quota: { first: 300_000, longest: 300_000 },
};

/**
 * Keeps a lane still while its connection is in trouble, and lets single calls through to find out
 * whether the trouble is over. Such a call is no attempt of its request: it goes back unspent.
 */
export class Hold {
  readonly #now: () => number;
  #held: Held | null = null;
  #probeAfterMs = 0;
  #probeAt = 0;
  #probing = false;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get held(): Held | null {
    return this.#held;
  }

  /** Monotonic instant from which a call may go: 0 when not held, `Infinity` during a probe. */
  get opensAt(): number {
    if (this.#held === null) return 0;
    return this.#probing ? Infinity : this.#probeAt;
  }

  /** A call goes out. True: the lane is held, and this is the probe. */
  called(): boolean {
    this.#probing = this.#held !== null;
    return this.#probing;
  }

  /** A call ended in the connection's trouble. Only a probe makes the next one wait longer. */
  hold(why: HoldReason, message: string, wasProbe: boolean): void {
    const { first, longest } = PROBE_AFTER_MS[why];
    if (this.#held?.why !== why) this.#probeAfterMs = first;
    else if (wasProbe) this.#probeAfterMs = Math.min(longest, 2 * this.#probeAfterMs);
    this.#held = { why, message };
    this.#wait(wasProbe);
  }

  /** A call got past the trouble: the provider took, refused or throttled it for its own sake. */
  release(): void {
    this.#held = null;
    this.#probing = false;
  }

  /** A call told nothing about the trouble; after a probe the next one is due as after any other. */
  undecided(wasProbe: boolean): void {
    if (this.#held !== null && wasProbe) this.#wait(wasProbe);
  }

  #wait(wasProbe: boolean): void {
    if (wasProbe) this.#probing = false;
    this.#probeAt = this.#now() + this.#probeAfterMs;
  }
}
