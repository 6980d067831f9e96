import type { OwnSlot } from "./own-slots.ts";
import { Punctuality } from "./punctuality.ts";
import type { SlotLedger } from "./slot-ledger.ts";
import { SLOT_TERMS } from "./slot-terms.ts";

/** What became of the slots of this process. */
export type SlotEnd = "granted" | "void" | "used" | "late" | "wasted";

export interface SlotEndsParts {
  readonly ledger: Pick<SlotLedger, "time">;
  readonly count: (end: SlotEnd) => void;
}

/** Counts what becomes of own slots, and learns from how late they could be used. */
export class SlotEnds {
  readonly #parts: SlotEndsParts;
  readonly #punctuality = new Punctuality(SLOT_TERMS);

  constructor(parts: SlotEndsParts) {
    this.#parts = parts;
  }

  /** How long the next slots should be valid, in milliseconds. */
  get validityMs(): number {
    return this.#punctuality.validityMs;
  }

  /** The log says what became of a slot. */
  decided(how: "granted" | "void"): void {
    this.#parts.count(how);
  }

  /** Somebody went with the slot, or was too late for it. */
  used(slot: OwnSlot, how: "used" | "late"): void {
    this.#parts.count(how);
    this.#learn(slot);
  }

  /** Nobody went with the slot, although somebody stood at the gate or was on the way there. */
  missed(slot: OwnSlot, stoodAtGate: boolean): void {
    this.#parts.count("late");
    // Who is not at the gate yet would have missed a longer one too.
    if (stoodAtGate) this.#learn(slot);
  }

  /** Nobody wanted these, or nobody may use them. */
  wasted(slots: readonly OwnSlot[]): void {
    for (let left = slots.length; left > 0; left--) this.#parts.count("wasted");
  }

  #learn({ start, isAhead }: OwnSlot): void {
    const time = this.#parts.ledger.time();
    if (isAhead && time !== null) this.#punctuality.wasLate(time.hi - start);
  }
}
