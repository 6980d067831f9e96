import type { Traffic } from "../lanes/send-gate.ts";
import type { SureTime } from "./broker-clock.ts";
import type { SlotFate } from "./slot-reader.ts";
import { type SlotUse, useKey } from "./slot-record.ts";
import type { SlotSpan } from "./slot-schedule.ts";

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
}

/** What was asked for and never appeared in the log was not written. */
const FORGET_ASKED_MS = 10_000;

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
    const asked = [...this.#asked.values()].filter(({ use }) => useKey(use) === group).length;
    return asked + this.#granted.filter((slot) => slot.group === group).length;
  }

  /** How many there are or will be, of calls and of reads. */
  get having(): Having {
    const having: Having = { call: 0, read: 0 };
    for (const { use } of this.#asked.values()) having[use.traffic] += 1;
    for (const { traffic } of this.#granted) having[traffic] += 1;
    return having;
  }

  /** Notes that a slot is asked for; its id. */
  ask(use: SlotUse, validityMs: number, now: number): number {
    for (const [id, { askedAt }] of this.#asked) {
      if (now - askedAt > FORGET_ASKED_MS) this.#asked.delete(id);
    }
    this.#lastId += 1;
    this.#asked.set(this.#lastId, { use, validityMs, askedAt: now });
    return this.#lastId;
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

  /** None of them may be used any more. */
  drop(): void {
    this.#asked.clear();
    this.#granted = [];
  }
}

/** Whether the time lies within the span, whatever it is exactly. */
export function isSurelyIn({ start, end }: SlotSpan, { lo, hi }: SureTime): boolean {
  return lo >= start && hi <= end;
}
