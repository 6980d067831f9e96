import {
  DAY,
  type LedgerRecord,
  type LimitRecord,
  ownWindowsOf,
  type SlotRecord,
  type SlotUse,
  sharedWindowsOf,
  type Stamp,
} from "./slot-record.ts";
import type { SlotTerms } from "./slot-terms.ts";
import type { SlotSnapshot } from "./slot-snapshot.ts";
import { SlotWindow } from "./slot-window.ts";

/** When a slot may be used, in time of the brokers: from `start` to `end`, both included. */
export interface SlotSpan {
  readonly start: number;
  readonly end: number;
}

/** What became of a SLOT record. */
export type SlotVerdict =
  | ({ readonly kind: "granted" } & SlotSpan)
  /** Nobody has it, and it counts nowhere. */
  | { readonly kind: "void"; readonly why: "too far ahead" | "held back by its own limit" };

/** When the next slot would start, if its record were stamped now. */
export interface Projection {
  readonly start: number;
  /** When it would start but for the limits of its operation or read API. */
  readonly sharedStart: number;
  /** Whether it would be granted. */
  readonly isGranted: boolean;
}

interface KeySchedule {
  readonly windows: Map<string, SlotWindow>;
  /** Nothing of the key starts before it: the provider asked for a pause. */
  floor: number;
}

/** Keys and windows of which nothing counts any more are looked for once in so many records. */
const SWEEP_EVERY = 256;

/**
 * The schedule that every replica computes from the slot records, each in the order of the log and
 * by nothing else: no clock of its own, no config of its own.
 *
 * What it promises, for slots that are used within their spans: of the departures that one window
 * counts, no sliding second holds more than the limit that was in force for the last of them in the
 * order of the log. A limit is in force for 10 s of the log's time after any record named it, and
 * the lowest one rules.
 *
 * `tp` is the time of the brokers, as a kept maximum: stamps may go backwards a little. Where it
 * cannot be one scale (another leader, a clock that was set) nothing starts until all older slots are
 * surely over.
 */
export class SlotSchedule {
  readonly #terms: SlotTerms;
  readonly #createWindow: (terms: SlotTerms) => SlotWindow;
  readonly #keys = new Map<string, KeySchedule>();
  #tp = -Infinity;
  #epoch: number | null = null;
  #floor = -Infinity;
  #sinceSweep = 0;

  /** `createWindow`: another rule, for showing that it would break the promise. */
  constructor(
    terms: SlotTerms,
    createWindow: (terms: SlotTerms) => SlotWindow = (own) => new SlotWindow(own),
  ) {
    this.#terms = terms;
    this.#createWindow = createWindow;
  }

  /** The latest stamp of this time scale. */
  get tp(): number {
    return this.#tp;
  }

  /** Whether a record of this leader would begin a new time scale. */
  isOtherScale({ leaderEpoch }: Pick<Stamp, "leaderEpoch">): boolean {
    return this.#epoch !== null && this.#epoch !== leaderEpoch;
  }

  /** Takes the next record; null for one that asks for no slot. */
  take(record: LedgerRecord, stamp: Stamp): SlotVerdict | null {
    if (record.kind === "reset" || this.isOtherScale(stamp)) this.#restart(stamp.appendedAt);
    this.#epoch = stamp.leaderEpoch;
    this.#tp = Math.max(this.#tp, stamp.appendedAt);
    this.#sweepSometimes();
    if (record.kind === "reset") return null;
    const key = this.#keyOf(record.key);
    for (const [name, limit] of Object.entries(record.limits)) {
      if (name !== DAY) this.#windowOf(key, name).name(limit, this.#tp);
    }
    return record.kind === "slot" ? this.#grant(record, key) : this.#pause(record, key);
  }

  /** When the next slot of this use would start if it were stamped at `at`. */
  project(key: string, use: SlotUse, at: number): Projection {
    const tp = Math.max(this.#tp, at);
    return this.#project(this.#keys.get(key), use, tp);
  }

  /** The limit that is in force for a window of a key at `at`; null: none. */
  limitOf(key: string, window: string, at: number): number | null {
    const found = this.#keys.get(key)?.windows.get(window);
    return found?.limitAt(Math.max(this.#tp, at)) ?? null;
  }

  /** The instant before which nothing of the key may leave, for the provider asked for a pause. */
  pausedUntil(key: string): number {
    return this.#keys.get(key)?.floor ?? -Infinity;
  }

  /** All that counts, for somebody who reads on from `position`, the offset of the next record. */
  snapshot(position: bigint): SlotSnapshot {
    this.#sweep();
    const tp = this.#tp;
    const keys = [...this.#keys].map(([name, { floor, windows }]) => {
      const told = [...windows].map(([window, one]) => [window, one.snapshot(tp)] as const);
      return [name, { floor, windows: Object.fromEntries(told) }] as const;
    });
    const { epoch, floor } = { epoch: this.#epoch, floor: this.#floor };
    return { position, tp, epoch, floor, keys: Object.fromEntries(keys) };
  }

  /** The schedule of which a snapshot tells. */
  static restore(
    { tp, epoch, floor, keys }: Omit<SlotSnapshot, "position">,
    terms: SlotTerms,
    createWindow?: (terms: SlotTerms) => SlotWindow,
  ): SlotSchedule {
    const schedule = new SlotSchedule(terms, createWindow);
    schedule.#tp = tp;
    schedule.#epoch = epoch;
    schedule.#floor = floor;
    for (const [name, told] of Object.entries(keys)) {
      const key = schedule.#keyOf(name);
      key.floor = told.floor;
      for (const [window, one] of Object.entries(told.windows)) {
        schedule.#windowOf(key, window).restore(one, tp);
      }
    }
    return schedule;
  }

  #grant(record: SlotRecord, key: KeySchedule): SlotVerdict {
    const { start, isGranted } = this.#project(key, record, this.#tp);
    if (start > this.#tp + this.#terms.leadMs) return { kind: "void", why: "too far ahead" };
    if (!isGranted) return { kind: "void", why: "held back by its own limit" };
    const end = Math.max(this.#tp + this.#terms.atOnceMs, start + record.validityMs);
    for (const name of [...sharedWindowsOf(record), ...ownWindowsOf(record)]) {
      const window = this.#windowOf(key, name);
      window.forgetOld(this.#tp);
      window.add(start, end);
    }
    return { kind: "granted", start, end };
  }

  #project(key: KeySchedule | undefined, use: SlotUse, tp: number): Projection {
    const { leadMs, validityMs } = this.#terms;
    const named = (names: readonly string[]) =>
      names.flatMap((name) => key?.windows.get(name) ?? []);
    const shared = named(sharedWindowsOf(use));
    const opensAt = (windows: readonly SlotWindow[]) => windows.map((one) => one.opensAt(tp));
    const floor = Math.max(tp, this.#floor, key?.floor ?? -Infinity);
    const sharedStart = Math.max(floor, ...opensAt(shared));
    const start = Math.max(sharedStart, ...opensAt(named(ownWindowsOf(use))));
    // One that waits for a limit of its own would keep the others from what they share.
    const holdsUp = shared.some((one) => one.limitAt(tp) !== null);
    const isHeldBack = holdsUp && start > sharedStart + validityMs;
    return { start, sharedStart, isGranted: start <= tp + leadMs && !isHeldBack };
  }

  #pause({ pauseMs }: LimitRecord, key: KeySchedule): null {
    if (pauseMs > 0) key.floor = Math.max(key.floor, this.#tp + pauseMs);
    return null;
  }

  /** A new time scale begins: all older slots are over within the hold, whatever both scales say. */
  #restart(at: number): void {
    this.#floor = at + this.#terms.holdMs + 1000 + this.#terms.marginMs;
    for (const key of this.#keys.values()) {
      // How much of a pause was left is not known in the new scale; it is asked for again.
      key.floor = -Infinity;
      for (const window of key.windows.values()) window.restart();
    }
    this.#tp = at;
  }

  #keyOf(name: string): KeySchedule {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const made: KeySchedule = { windows: new Map(), floor: -Infinity };
    this.#keys.set(name, made);
    return made;
  }

  #windowOf(key: KeySchedule, name: string): SlotWindow {
    const known = key.windows.get(name);
    if (known !== undefined) return known;
    const made = this.#createWindow(this.#terms);
    key.windows.set(name, made);
    return made;
  }

  #sweepSometimes(): void {
    this.#sinceSweep += 1;
    if (this.#sinceSweep >= SWEEP_EVERY) this.#sweep();
  }

  #sweep(): void {
    this.#sinceSweep = 0;
    for (const [name, key] of this.#keys) {
      for (const [window, one] of key.windows) {
        one.forgetOld(this.#tp);
        if (one.isEmpty) key.windows.delete(window);
      }
      if (key.windows.size === 0 && key.floor <= this.#tp) this.#keys.delete(name);
    }
  }
}
