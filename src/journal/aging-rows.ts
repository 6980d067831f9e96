import { type AgingRow, AgingSegment, compareRows } from "./aging-segment.ts";
import type { SealedAt } from "./finished-requests.ts";

/** What is kept beside the segments when the state is written down. */
export interface SavedRows {
  readonly rows: readonly AgingRow[];
  readonly windowMs: number;
}

/** So many rows make a segment at the most: well below what a topic takes in one record. */
const ROWS_IN_A_SEGMENT = 36_000;

/**
 * What one journal partition remembers under keys for as long as a window that its records name:
 * rows since the last border one by one, older ones in sealed segments.
 */
export class AgingRows {
  readonly #of: string;
  readonly #recent = new Map<string, readonly AgingRow[]>();
  #recentCount = 0;
  #segments: readonly AgingSegment[] = [];
  #windowMs = 0;

  /** `of`: what the rows are about; no two in one partition are about the same. */
  constructor(of: string) {
    this.#of = of;
  }

  /** The rows with the key whose time is later than `after`. */
  find(key: string, after: number): readonly AgingRow[] {
    const found: AgingRow[] = [];
    // For every target of every claim, over dozens of segments.
    const keyBytes = Buffer.from(key, "latin1");
    for (const segment of this.#segments) {
      if (segment.facts.lastTime > after) segment.collect(key, keyBytes, found);
    }
    found.push(...(this.#recent.get(key) ?? []));
    return found.filter(({ at }) => at > after);
  }

  add(row: AgingRow): void {
    this.#recent.set(row.key, [...(this.#recent.get(row.key) ?? []), row]);
    this.#recentCount += 1;
  }

  /** Removes one equal row that no segment has yet. Returns whether there was one. */
  remove(row: AgingRow): boolean {
    const known = this.#recent.get(row.key) ?? [];
    const index = known.findIndex(({ at, value }) => at === row.at && value === row.value);
    if (index === -1) return false;
    if (known.length === 1) this.#recent.delete(row.key);
    else this.#recent.set(row.key, known.toSpliced(index, 1));
    this.#recentCount -= 1;
    return true;
  }

  /** Somebody counts on rows being known this long. */
  needsWindow(windowMs: number): void {
    this.#windowMs = Math.max(this.#windowMs, windowMs);
  }

  /** How many rows were added since the last border. */
  get recentCount(): number {
    return this.#recentCount;
  }

  /** How many keys are known; one that is known from several stretches counts in each. */
  get size(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, this.#recent.size);
  }

  get segments(): readonly AgingSegment[] {
    return this.#segments;
  }

  /**
   * Seals what was added since the last border, and forgets the segments that are older than the
   * largest window that is asked for.
   */
  seal({ journalPartition, position: end, logTime: lastTime }: SealedAt): void {
    const rows = [...this.#recent.values()].flat().toSorted(compareRows);
    const fresh: AgingSegment[] = [];
    for (let from = 0; from < rows.length; from += ROWS_IN_A_SEGMENT) {
      const part = fresh.length;
      const facts = { of: this.#of, journalPartition, end, part, lastTime };
      const some = rows.slice(from, from + ROWS_IN_A_SEGMENT);
      fresh.push(AgingSegment.seal({ ...facts, windowMs: this.#windowMs }, some));
    }
    const windowMs = this.#segments.reduce(
      (largest, { facts }) => Math.max(largest, facts.windowMs),
      this.#windowMs,
    );
    const kept = this.#segments.filter(({ facts }) => facts.lastTime + windowMs >= lastTime);
    this.#segments = [...kept, ...fresh];
    if (fresh.length > 0) this.#windowMs = 0;
    this.#recent.clear();
    this.#recentCount = 0;
  }

  saved(): SavedRows {
    const rows = [...this.#recent.values()].flat().toSorted(compareRows);
    return { rows, windowMs: this.#windowMs };
  }

  /** Begins with these. */
  restore({ rows, windowMs }: SavedRows, segments: readonly AgingSegment[]): void {
    this.#recent.clear();
    this.#recentCount = 0;
    for (const row of rows) this.add(row);
    this.#windowMs = windowMs;
    this.#segments = segments.filter(({ facts }) => facts.of === this.#of);
  }
}
