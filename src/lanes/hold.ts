/** Why a lane stands still although there is work. */
export type HoldReason = "credentials" | "quota";

/**
 * How long a held lane waits before its next probe. Credentials are exchanged by people or by
 * rotation; a quota comes back by the hour or by the day.
 */
const PROBE_AFTER_MS: Readonly<Record<HoldReason, number>> = {
  credentials: 30_000,
  quota: 300_000,
};

/**
 * Keeps a lane still while its connection is in trouble, and lets single calls through to find out
 * whether the trouble is over. Such a call is no attempt of its request: it goes back unspent.
 */
export class Hold {
  readonly #now: () => number;
  #held: { readonly why: HoldReason; readonly message: string; readonly since: number } | null =
    null;
  #probeAt = 0;
  #probing = false;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get held(): { readonly why: HoldReason; readonly message: string } | null {
    return this.#held;
  }

  /** Monotonic instant from which a call may go: 0 when not held, `Infinity` during a probe. */
  get opensAt(): number {
    if (this.#held === null) return 0;
    return this.#probing ? Infinity : this.#probeAt;
  }

  /** A call goes out; on a held lane it is the probe. */
  called(): void {
    if (this.#held !== null) this.#probing = true;
  }

  /** A call ended in the connection's trouble. */
  hold(why: HoldReason, message: string): void {
    this.#held = { why, message, since: this.#held?.since ?? this.#now() };
    this.#probeAt = this.#now() + PROBE_AFTER_MS[why];
    this.#probing = false;
  }

  /** A call got past the trouble: the provider took, refused or throttled it for its own sake. */
  release(): void {
    this.#held = null;
    this.#probing = false;
  }

  /** A call told nothing about the trouble; the next probe is due as after any other. */
  undecided(): void {
    if (this.#held === null || !this.#probing) return;
    this.#probing = false;
    this.#probeAt = this.#now() + PROBE_AFTER_MS[this.#held.why];
  }
}
