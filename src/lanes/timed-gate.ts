import type { Gate } from "../domain/provider.ts";

const TOO_LATE = "the claim's time was over";

export interface TimedGateTerms {
  /** An instant of `now`: the right to call has ended after it, and others may be judging the call. */
  readonly writeBy: number;
  /** Why the call is not wanted any more; null: it is. */
  readonly objection: () => string | null;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * A gate that nothing passes after an instant, and nothing to which there is an objection.
 *
 * Both are looked at right before the first byte, in the same turn: a process that was frozen in
 * between writes nothing.
 */
export class TimedGate implements Gate {
  readonly #gate: Gate;
  readonly #terms: TimedGateTerms;
  #turnedAway: string | null = null;
  #waitedMs = 0;

  constructor(gate: Gate, terms: TimedGateTerms) {
    this.#gate = gate;
    this.#terms = terms;
  }

  /** Why something was turned away, by this gate or the one behind; null: nothing was. */
  get turnedAway(): string | null {
    return this.#turnedAway;
  }

  /** How long the gate was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    const { writeBy, objection, now } = this.#terms;
    const since = now();
    const over = new AbortController();
    const timer = setTimeout(
      () => {
        this.#turnedAway = TOO_LATE;
        over.abort(notBegun(TOO_LATE));
      },
      Math.max(0, Math.ceil(writeBy - since)),
    );
    try {
      const leave = await this.#gate.pass(AbortSignal.any([signal, over.signal]));
      this.#waitedMs = now() - since;
      return () => {
        // Nothing is written when it throws: the right to a departure may have ended as well.
        this.#turnedAway = TOO_LATE;
        leave();
        this.#turnedAway = now() > writeBy ? TOO_LATE : objection();
        if (this.#turnedAway !== null) throw notBegun(this.#turnedAway);
      };
    } finally {
      clearTimeout(timer);
    }
  }
}

function notBegun(why: string): Error {
  return new Error(`${why} before the call could begin`);
}
