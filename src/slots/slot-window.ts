import { LIMIT_COUNTS_MS, type SlotTerms } from "./slot-terms.ts";

/** What a newcomer needs to know of a window; all instants are told from one instant on. */
export interface WindowSnapshot {
  /** Instants before which the granted slots are over, oldest first; never falling. */
  readonly ends: readonly number[];
  /** When the last slot starts; null: none that counts. */
  readonly lastStart: number | null;
  /** Limits that count, and when they were named last. */
  readonly named: readonly (readonly [limit: number, at: number])[];
}

/** Gaps and ends are multiples of it, which doubles hold exactly. */
const GRAIN = 8;

/**
 * The slots of one key that one limit counts, in the order of the log.
 *
 * With N in force a slot starts no earlier than a second and the margin after the N-th granted one
 * before it is surely over. The ends are a running maximum: what holds for the latest of the older
 * ones holds for all of them, so that the slots of several windows need not start in order.
 */
export class SlotWindow {
  protected readonly terms: SlotTerms;
  /** Of granted slots, oldest first; never falling. */
  #ends: number[] = [];
  #lastStart = -Infinity;
  /** Rising in both: the first that still counts is the lowest. */
  #named: { readonly limit: number; readonly at: number }[] = [];

  constructor(terms: SlotTerms) {
    this.terms = terms;
  }

  /** Whether nothing of it counts any more. */
  get isEmpty(): boolean {
    return this.#ends.length === 0 && this.#named.length === 0;
  }

  /** Somebody lives by `limit` at the instant `tp`. */
  name(limit: number, tp: number): void {
    while ((this.#named.at(-1)?.limit ?? -Infinity) >= limit) this.#named.pop();
    this.#named.push({ limit, at: tp });
  }

  /** The lowest limit that counts at the instant; null: it is not limited. */
  limitAt(tp: number): number | null {
    const counts = this.#named.find(({ at }) => at >= tp - LIMIT_COUNTS_MS);
    return counts?.limit ?? null;
  }

  /** The earliest instant at which one more slot may start. */
  opensAt(tp: number): number {
    const limit = this.limitAt(tp);
    if (limit === null) return -Infinity;
    return Math.max(this.chainOpensAt(limit), this.#lastStart + this.gapMs(limit));
  }

  /** A slot was granted. */
  add(start: number, end: number): void {
    this.#ends.push(Math.max(this.#ends.at(-1) ?? -Infinity, end));
    this.#lastStart = Math.max(this.#lastStart, start);
  }

  /** Drops what cannot matter from the instant on. */
  forgetOld(tp: number): void {
    const overBy = tp - 1000 - this.terms.marginMs;
    const kept = this.#ends.findIndex((end) => end > overBy);
    if (kept !== 0) this.#ends = kept === -1 ? [] : this.#ends.slice(kept);
    while ((this.#named[0]?.at ?? Infinity) < tp - LIMIT_COUNTS_MS) this.#named.shift();
  }

  /** A new time scale begins: whoever still lives by a limit names it again. */
  restart(): void {
    this.#ends = [];
    this.#lastStart = -Infinity;
    this.#named = [];
  }

  /** All that counts, told from the instant `tp` on. */
  snapshot(tp: number): WindowSnapshot {
    return {
      ends: this.#ends.map((end) => end - tp),
      lastStart: this.#lastStart === -Infinity ? null : this.#lastStart - tp,
      named: this.#named.map(({ limit, at }) => [limit, at - tp] as const),
    };
  }

  /** Takes over what a snapshot tells that was made at the instant `tp`. */
  restore({ ends, lastStart, named }: WindowSnapshot, tp: number): void {
    this.#ends = ends.map((end) => end + tp);
    this.#lastStart = lastStart === null ? -Infinity : lastStart + tp;
    this.#named = named.map(([limit, at]) => ({ limit, at: at + tp }));
  }

  /** The end of the granted slot that lies `back` slots behind the next one. */
  protected endBack(back: number): number {
    return this.#ends.at(-back) ?? -Infinity;
  }

  /** Without it no N + 1 slots lie further apart than a second. */
  protected chainOpensAt(limit: number): number {
    return this.endBack(limit) + 1000 + this.terms.marginMs;
  }

  /**
   * Spreads the slots evenly. Nothing depends on it but the rate: in bursts slots are reserved at
   * the last moment, each is valid for long, and the chain becomes that much slower.
   */
  protected gapMs(limit: number): number {
    const { marginMs, validityMs } = this.terms;
    return Math.ceil(((1000 + marginMs + validityMs) / limit) * GRAIN) / GRAIN;
  }
}
