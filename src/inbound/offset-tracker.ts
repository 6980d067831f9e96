import { OffsetSet } from "./offset-set.ts";

/** How much is known about an offset when its record is delivered. */
export type Begun = "new" | "in-progress" | "finished";

/** All offsets from `from` up to, but without, `to`. */
export interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** Beyond this many separate finished stretches the oldest knowledge is given up: worked again, never lost. */
const MAX_STRETCHES = 16;
/**
 * Knows which offset of one partition may be committed.
 *
 * Requests end out of order, while Kafka can only remember "everything below N is done". N is
 * therefore the lowest offset still unfinished: after a crash the work above it is done again, and
 * none is lost.
 *
 * Kafka delivers a partition in runs: from the committed offset upwards, until the partition is
 * lost. Within a run records may be delivered again (every rebalance does that to the partitions
 * that are kept) but never in a gap: an offset that was passed over does not exist. Only what the
 * present run has delivered holds the commit back.
 */
export class OffsetTracker {
  #run: { readonly start: bigint; next: bigint } | null = null;
  /** What the run delivered, from the committable offset on. */
  #delivered = new OffsetSet();
  /** Begun and not finished, those of earlier runs included. */
  readonly #open = new OffsetSet();
  /** Finished, and not delivered in this run. */
  readonly #finished = new OffsetSet();
  #finishedBefore: Stretch[] = [];
  /** The committable offset when it was looked for last: it never goes down within a run. */
  #low = 0n;

  /**
   * A record was delivered. `new`: the caller has to work it and to call `finish`. `in-progress`
   * and `finished`: this process works it already, or did; nothing is to be done.
   *
   * The first one after construction or `lose` starts a run: whatever lies below it was finished by
   * others. An offset below the run's start starts a run too: somebody set the group back.
   */
  begin(offset: bigint): Begun {
    if (this.#run === null || offset < this.#run.start) this.#startRun(offset);
    else if (offset < this.#run.next) return this.#open.has(offset) ? "in-progress" : "finished";
    else this.#run.next = offset + 1n;

    this.#delivered.add(offset);
    if (this.#wasFinished(offset)) {
      this.#finished.delete(offset);
      this.#advance();
      return "finished";
    }
    const known = this.#open.has(offset);
    this.#open.add(offset);
    return known ? "in-progress" : "new";
  }

  /** The record needs no further attention. Also right for one that was lost meanwhile. */
  finish(offset: bigint): void {
    const wasOpen = this.#open.delete(offset);
    if (!wasOpen && (this.#isInRun(offset) || this.#wasFinished(offset))) return;
    if (!this.#delivered.has(offset)) this.#finished.add(offset);
    this.#advance();
  }

  /** What may be committed: the lowest unfinished offset, else the one after the last delivered. Null before a run. */
  committable(): bigint | null {
    if (this.#run === null) return null;
    for (const offset of this.#open.values(this.#low)) {
      if (offset >= this.#run.next) break;
      if (this.#delivered.has(offset)) return offset;
    }
    return this.#run.next;
  }

  /**
   * The finished stretches above the committable offset, lowest first, `most` at the most: what is
   * left out is only worked again. Offsets that do not exist lie in either kind of stretch.
   */
  finishedStretches(most: number): readonly Stretch[] {
    const stretches: Stretch[] = [];
    let from: bigint | null = null;
    for (const offset of this.#delivered.values(this.#low)) {
      if (!this.#open.has(offset)) {
        from ??= offset;
      } else if (from !== null) {
        stretches.push({ from, to: offset });
        from = null;
        if (stretches.length === most) return stretches;
      }
    }
    if (from !== null && this.#run !== null) stretches.push({ from, to: this.#run.next });
    return stretches;
  }

  /** The offset after the highest that this run delivered. Null before a run. */
  get next(): bigint | null {
    return this.#run?.next ?? null;
  }

  /**
   * The partition went to somebody else. What is not in `goingOn` is forgotten, so that it is worked
   * when it comes back; those going on and the finished ones stay known.
   */
  lose(goingOn: ReadonlySet<bigint>): void {
    this.#endRun();
    for (const offset of [...this.#open.values()]) {
      if (!goingOn.has(offset)) this.#open.delete(offset);
    }
  }

  /**
   * Whether an unfinished record that came to no end is still to be worked here: its present run
   * delivered it. Otherwise it is forgotten, and is worked when it is delivered again.
   */
  keeps(offset: bigint): boolean {
    if (this.#isInRun(offset)) return true;
    this.#open.delete(offset);
    return false;
  }

  /** How many records are begun and not finished, those of earlier runs included. */
  get openCount(): number {
    return this.#open.size;
  }

  /** How many delivered records the committable offset does not cover yet. */
  get uncommittedCount(): number {
    return this.#delivered.size;
  }

  #startRun(offset: bigint): void {
    this.#endRun();
    this.#run = { start: offset, next: offset + 1n };
    this.#low = offset;
    // Else finished ones that are never delivered again would pile up with every rebalance.
    this.#finished.deleteBelow(offset);
  }

  #endRun(): void {
    const to = this.committable();
    if (this.#run === null || to === null) return;
    this.#rememberFinished({ from: this.#run.start, to });
    for (const offset of this.#delivered.values(to)) {
      if (!this.#open.has(offset)) this.#finished.add(offset);
    }
    this.#run = null;
    this.#delivered = new OffsetSet();
  }

  #rememberFinished(added: Stretch): void {
    let { from, to } = added;
    const apart: Stretch[] = [];
    for (const known of this.#finishedBefore) {
      if (known.to < from || to < known.from) apart.push(known);
      else [from, to] = [known.from < from ? known.from : from, known.to > to ? known.to : to];
    }
    if (from < to) apart.push({ from, to });
    this.#finishedBefore = apart.slice(-MAX_STRETCHES);
  }

  #isInRun(offset: bigint): boolean {
    return this.#run !== null && offset >= this.#run.start && offset < this.#run.next;
  }

  #wasFinished(offset: bigint): boolean {
    if (this.#finished.has(offset)) return true;
    // One that goes on may lie in a stretch whose run passed it over: its record was deleted meanwhile.
    if (this.#open.has(offset)) return false;
    return this.#finishedBefore.some(({ from, to }) => offset >= from && offset < to);
  }

  /** Forgets what lies below the committable offset. */
  #advance(): void {
    const low = this.committable();
    if (low === null || low === this.#low) return;
    this.#low = low;
    this.#delivered.deleteBelow(low);
  }
}
