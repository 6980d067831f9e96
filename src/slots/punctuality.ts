import { LastNeeds } from "./last-needs.ts";
import type { SlotTerms } from "./slot-terms.ts";

/** What is missed tells only that it was too short. */
const AFTER_A_MISS = 2;
/** As exactly as lateness is worth knowing. */
const STEP_MS = 5;

/**
 * How long this process's slots should be valid: a busy machine wakes a process late and knows the
 * brokers' time less well, and a slot that is over by then is lost for everybody.
 *
 * The validity that promises the most calls: a longer one makes all slots after it come later, a
 * shorter one misses more of them.
 */
export class Punctuality {
  readonly #terms: Pick<SlotTerms, "validityMs" | "mostValidityMs" | "marginMs">;
  readonly #needs = new LastNeeds();

  constructor(terms: Pick<SlotTerms, "validityMs" | "mostValidityMs" | "marginMs">) {
    this.#terms = terms;
  }

  /** A slot was used so long after its start, by the latest that the time may have been. */
  left(lateMs: number): void {
    this.#needs.note(lateMs);
  }

  /** A slot was over before it could be used. */
  missed(): void {
    this.#needs.note(this.validityMs * AFTER_A_MISS);
  }

  /** The best for the last slots, in whole milliseconds within what the terms allow. */
  get validityMs(): number {
    const { sorted } = this.#needs;
    let best = { validityMs: this.#terms.validityMs, calls: 0 };
    sorted.forEach((needed, index) => {
      const validityMs = this.#allowed(needed);
      const calls = (index + 1) / (1000 + this.#terms.marginMs + validityMs);
      if (calls > best.calls) best = { validityMs, calls };
    });
    return best.validityMs;
  }

  #allowed(neededMs: number): number {
    const { validityMs, mostValidityMs } = this.#terms;
    const wanted = Math.ceil(neededMs / STEP_MS) * STEP_MS;
    return Math.min(mostValidityMs, Math.max(validityMs, wanted));
  }
}
