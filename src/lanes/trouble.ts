/** What a provider can answer for the sake of the connection and of no request. */
export type TroubleReason = "credentials" | "quota";

/** A trouble that was met; `message` is the provider's, for people. */
export interface MetTrouble {
  readonly why: TroubleReason;
  readonly message: string;
}

/**
 * How long a lane waits before its next probe, from the first to the longest. Fresh credentials
 * may be there at once (an expired token is exchanged before the next call) or when somebody has
 * acted; a quota comes back by the hour or by the day.
 */
const PROBE_AFTER_MS: Readonly<Record<TroubleReason, { readonly first: number; longest: number }>> =
  {
    credentials: { first: 1000, longest: 30_000 },
    quota: { first: 300_000, longest: 300_000 },
  };

/** Knows the trouble that a connection is in, and when a call may try whether it is over. */
export class Trouble {
  readonly #now: () => number;
  #met: MetTrouble | null = null;
  #probeAfterMs = 0;
  #probeAt = 0;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get current(): MetTrouble | null {
    return this.#met;
  }

  /** Monotonic instant from which a probe may go; 0: all is well. */
  get probeAt(): number {
    return this.#met === null ? 0 : this.#probeAt;
  }

  /** A call ended in it. Only a probe makes the next one wait longer. */
  meet(trouble: MetTrouble, wasProbe: boolean): void {
    const { first, longest } = PROBE_AFTER_MS[trouble.why];
    if (this.#met?.why !== trouble.why) this.#probeAfterMs = first;
    else if (wasProbe) this.#probeAfterMs = Math.min(longest, 2 * this.#probeAfterMs);
    this.#met = trouble;
    this.wait();
  }

  /** A call got past it. */
  end(): void {
    this.#met = null;
  }

  /** A probe told nothing: the next one is due as after any other. */
  wait(): void {
    this.#probeAt = this.#now() + this.#probeAfterMs;
  }
}
