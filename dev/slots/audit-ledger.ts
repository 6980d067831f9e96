import {
  DAY,
  type LedgerRecord,
  ownWindowsOf,
  sharedWindowsOf,
} from "../../src/slots/slot-record.ts";
import { LIMIT_COUNTS_MS } from "../../src/slots/slot-terms.ts";
import type { PlannedSlot } from "./random-ledger.ts";

/** A departure that a schedule allowed. */
export interface Departure {
  readonly index: number;
  /** True milliseconds, of no broker's clock. */
  readonly at: number;
}

interface Counted extends Departure {
  readonly limit: number;
}

/**
 * The first window that held more departures in a second than the lowest limit that had been named
 * for it, or null. Knows nothing of how the schedule reckons.
 */
export function overfullWindow(
  log: readonly PlannedSlot[],
  departures: readonly Departure[],
): string | null {
  const windows = new Map<string, Counted[]>();
  const lowest = new NamedLimits();
  const leaving = new Map(departures.map((one) => [one.index, one]));
  log.forEach((planned, index) => {
    lowest.take(planned);
    const { record } = planned;
    const departure = leaving.get(index);
    if (record.kind !== "slot" || departure === undefined) return;
    for (const name of windowsOf(record)) {
      const window = `${record.key} ${name}`;
      const counted = windows.get(window) ?? [];
      windows.set(window, counted);
      counted.push({ ...departure, limit: lowest.of(window) });
    }
  });
  for (const [window, counted] of windows) {
    const found = overfull(counted);
    if (found !== null) return `${window}: ${found}`;
  }
  return null;
}

function overfull(counted: readonly Counted[]): string | null {
  const sorted = counted.toSorted((a, b) => a.at - b.at);
  for (const [first, { at }] of sorted.entries()) {
    let last = sorted[first];
    let size = 0;
    for (const one of sorted.slice(first)) {
      if (one.at >= at + 1000) break;
      size += 1;
      // The last one in the order of the log says what holds for all of them.
      if (last === undefined || one.index >= last.index) last = one;
    }
    if (last !== undefined && size > last.limit) return `${size} instead of ${last.limit}`;
  }
  return null;
}

/** What was named for each window, and when. */
class NamedLimits {
  #named: { readonly window: string; readonly limit: number; readonly at: number }[] = [];
  #tp = -Infinity;
  #epoch: number | null = null;

  take({ record, stamp }: PlannedSlot): void {
    const isNewScale = this.#epoch !== null && this.#epoch !== stamp.leaderEpoch;
    this.#epoch = stamp.leaderEpoch;
    if (record.kind === "reset" || isNewScale) {
      this.#named = [];
      this.#tp = stamp.appendedAt;
    }
    this.#tp = Math.max(this.#tp, stamp.appendedAt);
    if (record.kind === "reset") return;
    for (const [name, limit] of Object.entries(record.limits)) {
      if (name !== DAY) this.#named.push({ window: `${record.key} ${name}`, limit, at: this.#tp });
    }
  }

  of(window: string): number {
    const counting = this.#named.filter(
      (one) => one.window === window && one.at >= this.#tp - LIMIT_COUNTS_MS,
    );
    return Math.min(Infinity, ...counting.map(({ limit }) => limit));
  }
}

function windowsOf(record: LedgerRecord & { readonly kind: "slot" }): readonly string[] {
  return [...sharedWindowsOf(record), ...ownWindowsOf(record)];
}
