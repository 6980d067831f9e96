/** How much is known about an offset when its record is delivered. */
export type Begun = "new" | "in-progress" | "finished";

/** All offsets from `from` up to, but without, `to`. */
export interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** Beyond this many separate finished stretches the oldest knowledge is given up: worked again, never lost. */
const MAX_STRETCHES = 16;
/** Where shrinking the queue begins to pay. */
const COMPACT_FROM = 1024;

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
  /** What the run delivered, in order; before `#head` all is finished. */
  #queue: bigint[] = [];
  #head = 0;
  readonly #open = new Set<bigint>();
  /** Finished, but above the lowest unfinished one or not delivered in this run. */
  readonly #finished = new Set<bigint>();
  #finishedBefore: Stretch[] = [];

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

    if (this.#wasFinished(offset)) {
      this.#finished.add(offset);
      this.#queue.push(offset);
      this.#advance();
      return "finished";
    }
    const known = this.#open.has(offset);
    this.#open.add(offset);
    this.#queue.push(offset);
    return known ? "in-progress" : "new";
  }

  /** The record needs no further attention. Also right for one that was lost meanwhile. */
  finish(offset: bigint): void {
    const wasOpen = this.#open.delete(offset);
    if (!wasOpen && (this.#delivered(offset) || this.#wasFinished(offset))) return;
    this.#finished.add(offset);
    this.#advance();
  }

  /** What may be committed: the lowest unfinished offset, else the one after the last delivered. Null before a run. */
  committable(): bigint | null {
    return this.#run === null ? null : (this.#queue[this.#head] ?? this.#run.next);
  }

  /**
   * The finished stretches above the committable offset, lowest first, `most` at the most: what is
   * left out is only worked again. Offsets that do not exist lie in either kind of stretch.
   */
  finishedStretches(most: number): readonly Stretch[] {
    const stretches: Stretch[] = [];
    let from: bigint | null = null;
    for (let index = this.#head; index < this.#queue.length; index += 1) {
      const offset = this.#queue[index] ?? 0n;
      if (this.#finished.has(offset)) {
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
    for (const offset of this.#open) if (!goingOn.has(offset)) this.#open.delete(offset);
  }

  /**
   * Whether an unfinished record that came to no end is still to be worked here: its present run
   * delivered it. Otherwise it is forgotten, and is worked when it is delivered again.
   */
  keeps(offset: bigint): boolean {
    if (this.#delivered(offset)) return true;
    this.#open.delete(offset);
    return false;
  }

  /** How many records are begun and not finished, those of earlier runs included. */
  get openCount(): number {
    return this.#open.size;
  }

  /** How many delivered records the committable offset does not cover yet. */
  get uncommittedCount(): number {
    return this.#queue.length - this.#head;
  }

  #startRun(offset: bigint): void {
    this.#endRun();
    this.#run = { start: offset, next: offset + 1n };
    // Else finished ones that are never delivered again would pile up with every rebalance.
    for (const known of this.#finished) if (known < offset) this.#finished.delete(known);
  }

  #endRun(): void {
    const to = this.committable();
    if (this.#run === null || to === null) return;
    this.#rememberFinished({ from: this.#run.start, to });
    this.#run = null;
    this.#queue = [];
    this.#head = 0;
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

  #delivered(offset: bigint): boolean {
    return this.#run !== null && offset >= this.#run.start && offset < this.#run.next;
  }

  #wasFinished(offset: bigint): boolean {
    if (this.#finished.has(offset)) return true;
    // One that goes on may lie in a stretch whose run passed it over: its record was deleted meanwhile.
    if (this.#open.has(offset)) return false;
    return this.#finishedBefore.some(({ from, to }) => offset >= from && offset < to);
  }

  #advance(): void {
    for (;;) {
      const lowest = this.#queue[this.#head];
      if (lowest === undefined || !this.#finished.delete(lowest)) break;
      this.#head += 1;
    }
    if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
