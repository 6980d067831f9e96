import type { Traffic } from "../lanes/send-gate.ts";
import type { SureTime } from "./broker-clock.ts";
import type { SlotFate } from "./slot-reader.ts";
import { type SlotUse, useKey } from "./slot-record.ts";
import type { SlotSpan } from "./slot-schedule.ts";
import { SLOT_TERMS } from "./slot-terms.ts";

/** An own slot that was granted and not used. */
export interface OwnSlot extends SlotUse, SlotSpan {
  /** `useKey` of its use. */
  readonly group: string;
  /** It had to be waited for: how late it is used tells how punctual this process is. */
  readonly isAhead: boolean;
}

/** How many slots there are, or are asked for. */
export type Having = Record<Traffic, number>;

interface Asked {
  readonly use: SlotUse;
  readonly validityMs: number;
  readonly askedAt: number;
  /** It may not have been written: another one is asked for, and it is used if it appears. */
  isDoubtful: boolean;
}

/** What was asked for and has not appeared in the log by then would be over, or was not written. */
const FORGET_ASKED_MS = 2 * SLOT_TERMS.leadMs;

/** The slots of one key that this process has: asked for, granted, and not used yet. */
export class OwnSlots {
  readonly #asked = new Map<number, Asked>();
  /** By their starts. */
  #granted: OwnSlot[] = [];
  #lastId = 0;

  get granted(): readonly OwnSlot[] {
    return this.#granted;
  }

  /** How many there are or will be of a group. */
  countOf(group: string): number {
    const asked = this.#expected().filter(({ use }) => useKey(use) === group).length;
    return asked + this.#granted.filter((slot) => slot.group === group).length;
  }

  /** How many there are or will be, of calls and of reads. */
  get having(): Having {
    const having: Having = { call: 0, read: 0 };
    for (const { use } of this.#expected()) having[use.traffic] += 1;
    for (const { traffic } of this.#granted) having[traffic] += 1;
    return having;
  }

  /** Notes that a slot is asked for; its id. */
  ask(use: SlotUse, validityMs: number, now: number): number {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, { use, validityMs, askedAt: now, isDoubtful: false });
    return this.#lastId;
  }

  /** The brokers did not say that these were written. */
  doubt(ids: readonly number[]): void {
    for (const id of ids) {
      const asked = this.#asked.get(id);
      if (asked !== undefined) asked.isDoubtful = true;
    }
  }

  /** When to look whether something has to be forgotten; `Infinity`: nothing is waited for. */
  get forgetsAt(): number {
    const askedAt = [...this.#asked.values()].map((asked) => asked.askedAt);
    return Math.min(Infinity, ...askedAt) + FORGET_ASKED_MS + 1;
  }

  /** Waits no longer for what should have appeared by the instant. */
  forgetOld(now: number): void {
    for (const [id, { askedAt }] of this.#asked) {
      if (now - askedAt > FORGET_ASKED_MS) this.#asked.delete(id);
    }
  }

  /** What became of one that was asked for; a second copy of its record is nobody's. */
  decided(id: number, fate: SlotFate): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (asked === undefined || fate.kind === "void") return;
    const { start, end } = fate;
    const isAhead = end === start + asked.validityMs;
    this.#granted.push({ ...asked.use, start, end, group: useKey(asked.use), isAhead });
    this.#granted.sort((a, b) => a.start - b.start);
  }

  /** The first that surely may be used at the time, taken out; undefined: none. */
  take(traffic: SlotUse["traffic"], name: string, time: SureTime): OwnSlot | undefined {
    const found = this.#granted.find((slot) => {
      return slot.traffic === traffic && slot.names.includes(name) && isSurelyIn(slot, time);
    });
    if (found !== undefined) this.#granted = this.#granted.filter((slot) => slot !== found);
    return found;
  }

  /** Takes out those that can not surely be used any more. */
  takeOver({ hi }: SureTime): readonly OwnSlot[] {
    const over = this.#granted.filter(({ end }) => hi > end);
    if (over.length > 0) this.#granted = this.#granted.filter(({ end }) => hi <= end);
    return over;
  }

  /** Takes out those that start before the instant, from which on nothing may leave before it. */
  takeBefore(instant: number): readonly OwnSlot[] {
    const early = this.#granted.filter(({ start }) => start < instant);
    if (early.length > 0) this.#granted = this.#granted.filter(({ start }) => start >= instant);
    return early;
  }

  /** None of them may be used any more. */
  drop(): void {
    this.#asked.clear();
    this.#granted = [];
  }

  /** What was asked for and is to appear in the log. */
  #expected(): readonly Asked[] {
    return [...this.#asked.values()].filter(({ isDoubtful }) => !isDoubtful);
  }
}

/** Whether the time lies within the span, whatever it is exactly. */
export function isSurelyIn({ start, end }: SlotSpan, { lo, hi }: SureTime): boolean {
  return lo >= start && hi <= end;
}
