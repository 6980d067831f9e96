import type { CompletedOffsets } from "./journal-record.ts";
import type { SourceSpan } from "./sealed-segment.ts";

/** What is known of one partition of the requests topic. */
export interface Completed extends CompletedOffsets {
  /** The journal position at which its present era was told first; null: it has always been known. */
  readonly freshAt: bigint | null;
}

/** Which offsets of the requests topic are complete, as the journal's CHECKPOINTED records tell it. */
export class CompletedSources {
  readonly #partitions = new Map<number, Completed>();

  /**
   * Learns what an owner of a partition told, by the record before `position`. Owners change and
   * records come late, so what is known only grows, until the next era begins. Returns whether it
   * was of the present era: what an earlier one told is about other records.
   */
  learn({ partition, era, ...told }: CompletedOffsets, position: bigint): boolean {
    const known = this.#partitions.get(partition);
    if (known !== undefined && known.era > era) return false;
    const isAnew = known !== undefined && known.era < era;
    const same = isAnew ? undefined : known;
    const low = same !== undefined && same.low > told.low ? same.low : told.low;
    const ranges = joined([...(same?.ranges ?? []), ...told.ranges], low);
    const freshAt = isAnew ? position : (known?.freshAt ?? null);
    this.#partitions.set(partition, { partition, era, low, ranges, freshAt });
    return true;
  }

  /** Whether the record there needs no further attention. */
  has(partition: number, offset: bigint): boolean {
    const known = this.#partitions.get(partition);
    if (known === undefined) return false;
    if (offset < known.low) return true;
    return known.ranges.some(({ from, to }) => offset >= from && offset < to);
  }

  /**
   * Whether no record of the span is ever delivered as unfinished again. `end` is the journal position
   * by which all of them were finished.
   */
  covers({ partition, least, most }: SourceSpan, end: bigint): boolean {
    const known = this.#partitions.get(partition);
    if (known === undefined) return false;
    if (known.freshAt !== null && end <= known.freshAt) return true;
    if (most < known.low) return true;
    const first = least < known.low ? known.low : least;
    return known.ranges.some(({ from, to }) => from <= first && most < to);
  }

  /** What is known of one partition. */
  of(partition: number): Completed | undefined {
    return this.#partitions.get(partition);
  }

  /** Everything that is known, in the order of the partitions. */
  saved(): readonly Completed[] {
    return [...this.#partitions.values()].toSorted((a, b) => a.partition - b.partition);
  }

  /** Begins with what `saved` gave. */
  restore(saved: readonly Completed[]): void {
    this.#partitions.clear();
    for (const one of saved) this.#partitions.set(one.partition, one);
  }
}

/** The same stretches above `low`, in order and apart from each other. */
function joined(ranges: CompletedOffsets["ranges"], low: bigint): CompletedOffsets["ranges"] {
  const apart: { from: bigint; to: bigint }[] = [];
  for (const { from, to } of ranges.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = apart.at(-1);
    if (to <= low || from >= to) continue;
    if (last !== undefined && from <= last.to) last.to = to > last.to ? to : last.to;
    else apart.push({ from: from < low ? low : from, to });
  }
  return apart;
}
