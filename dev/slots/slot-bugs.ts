import { SLOT_TERMS, type SlotTerms } from "../../src/slots/slot-terms.ts";
import { SlotWindow } from "../../src/slots/slot-window.ts";

/** How a schedule reckons. */
export interface SlotRule {
  readonly terms: SlotTerms;
  readonly createWindow: (terms: SlotTerms) => SlotWindow;
}

class StartsWindow extends SlotWindow {
  readonly #starts: number[] = [];

  override add(start: number, end: number): void {
    this.#starts.push(start);
    super.add(start, end);
  }

  override restart(): void {
    this.#starts.length = 0;
    super.restart();
  }

  protected override endBack(back: number): number {
    return this.#starts.at(-back) ?? -Infinity;
  }
}

class GapOnlyWindow extends SlotWindow {
  protected override chainOpensAt(): number {
    return -Infinity;
  }
}

class LastLimitWindow extends SlotWindow {
  #last = Infinity;

  override name(limit: number, tp: number): void {
    this.#last = limit;
    super.name(limit, tp);
  }

  override limitAt(tp: number): number | null {
    return super.limitAt(tp) === null ? null : this.#last;
  }
}

const RIGHT: SlotRule = { terms: SLOT_TERMS, createWindow: (terms) => new SlotWindow(terms) };

/** Mistakes that break the limit, by name. */
export const SLOT_BUGS: Readonly<Record<string, SlotRule>> = {
  /** The chain hangs on when the older slot starts, not on when it is over. */
  starts: { ...RIGHT, createWindow: (terms) => new StartsWindow(terms) },
  /** Slots are spread, and nothing else. */
  "gap-only": { ...RIGHT, createWindow: (terms) => new GapOnlyWindow(terms) },
  /** The limit that was named last rules, not the lowest. */
  "last-limit": { ...RIGHT, createWindow: (terms) => new LastLimitWindow(terms) },
  /** A new time scale begins as if no slot of the old one could still be used. */
  "no-hold": { ...RIGHT, terms: { ...SLOT_TERMS, holdMs: -1010 } },
};
