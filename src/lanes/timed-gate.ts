import type { Gate } from "../domain/provider.ts";

/**
 * A gate that nothing passes after an instant: the right to call has ended by then, and others may
 * be judging whether the call was made.
 *
 * The instant is looked at when the gate opens and again right before the first byte, in the same
 * turn: a process that was frozen in between writes nothing.
 */
export class TimedGate implements Gate {
  readonly #gate: Gate;
  readonly #writeBy: number;
  readonly #now: () => number;
  #isLate = false;
  #waitedMs = 0;

  /** `writeBy` is an instant of `now`, in monotonic milliseconds. */
  constructor(gate: Gate, writeBy: number, now: () => number) {
    this.#gate = gate;
    this.#writeBy = writeBy;
    this.#now = now;
  }

  /** Whether something was turned away because it came too late, for this gate or the one behind. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** How long the gate was waited for, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  async pass(signal: AbortSignal): Promise<() => void> {
    const since = this.#now();
    const over = new AbortController();
    const timer = setTimeout(
      () => {
        this.#isLate = true;
        over.abort(tooLate());
      },
      Math.max(0, Math.ceil(this.#writeBy - since)),
    );
    try {
      const leave = await this.#gate.pass(AbortSignal.any([signal, over.signal]));
      this.#waitedMs = this.#now() - since;
      return () => {
        // Nothing is written when it throws: the right to a departure may have ended as well.
        this.#isLate = true;
        leave();
        if (this.#now() > this.#writeBy) throw tooLate();
        this.#isLate = false;
      };
    } finally {
      clearTimeout(timer);
    }
  }
}

function tooLate(): Error {
  return new Error("the claim's time was over before the call could begin");
}
