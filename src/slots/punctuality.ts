import { LastNeeds } from "./last-needs.ts";
import type { SlotTerms } from "./slot-terms.ts";

/** As exactly as lateness is worth knowing. */
const STEP_MS = 5;
/** So many that a single miss is not worth the next step. */
const KEPT = 128;

/**
 * How long this process's slots should be valid: a busy machine wakes a process late and knows the
 * brokers' time less well, and a slot that is over by then is lost for everybody.
 *
 * The validity that promises the most calls: a longer one makes all slots after it come later, a
 * shorter one misses more of them.
 */
export class Punctuality {
  readonly #terms: Pick<SlotTerms, "validityMs" | "mostValidityMs" | "marginMs">;
  readonly #needs = new LastNeeds(KEPT);

  constructor(terms: Pick<SlotTerms, "validityMs" | "mostValidityMs" | "marginMs">) {
    this.#terms = terms;
  }

  /**
   * A slot could be used only so long after its start, by the latest that the time may have been,
   * whether it still was valid or not.
   */
  wasLate(ms: number): void {
    this.#needs.note(ms);
  }

  /**
   * The best for the last slots, in whole milliseconds within what the terms allow. Before there were
   * so many, all others are taken for punctual ones.
   */
  get validityMs(): number {
    const { sorted } = this.#needs;
    const others = KEPT - sorted.length;
    const callsWith = (inTime: number, ms: number) => inTime / (1000 + this.#terms.marginMs + ms);
    let best = { validityMs: this.#terms.validityMs, calls: 0 };
    // None that may be asked for is enough for those above.
    const possible = sorted.filter((needed) => needed <= this.#terms.mostValidityMs);
    [0, ...possible].forEach((needed, inTime) => {
      const validityMs = this.#allowed(needed);
      const calls = callsWith(others + inTime, validityMs);
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
