import { isCompleteIn, type Watermark } from "../journal/watermark.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import type { Log } from "../observability/log.ts";
import { Anchors } from "./anchors.ts";
import { PartitionStart } from "./partition-start.ts";

/** What others than the consumer group know of where a partition stands. */
export interface Watermarks {
  /** The newest checkpoint of a partition; null: there is none. */
  of(partition: number): Watermark | null;
  /**
   * The partition is another one than this checkpoint is about. Resolves with the one from which it
   * is to be read when everybody can know: nothing of it may be worked before.
   */
  void(partition: number, found: Watermark): Promise<Watermark>;
}

export interface PartitionStartsParts {
  readonly watermarks: Watermarks;
  /** What is fetched of the partition from now on begins at the offset. Synchronous. */
  readonly seek: (partition: number, offset: bigint) => void;
  /**
   * The partition is another one than before: what is known of its records is void, and nothing of it
   * may be fetched until `begun`.
   */
  readonly anew: (partition: number) => void;
  /** The partition that was told `anew` is read from its beginning now. */
  readonly begun: (partition: number) => void;
  readonly log: Pick<Log, "warn" | "error">;
  /** Nobody can be told that a partition is another one: the process cannot go on. */
  readonly failed: (error: unknown) => void;
}

/**
 * Reads each gained partition from where its checkpoint stands, whatever the group committed, and
 * tells by the first records whether it is the partition that the checkpoint is about.
 */
export class PartitionStarts {
  readonly #parts: PartitionStartsParts;
  /** Partitions whose first records are still to come, or to be believed. */
  readonly #starts = new Map<number, PartitionStart>();
  /**
   * The checkpoints of our partitions as they were when we got them. Newer ones are our own, and say
   * nothing of what was not read again yet.
   */
  readonly #found = new Map<number, Watermark>();
  /** Of the partitions that are ours and of which anything came. */
  readonly #anchors = new Map<number, Anchors>();

  constructor(parts: PartitionStartsParts) {
    this.#parts = parts;
  }

  /** The partition is ours from now on. Seeks. */
  gain(partition: number): void {
    const watermark = this.#parts.watermarks.of(partition);
    if (watermark === null) return;
    const start = new PartitionStart(watermark);
    this.#starts.set(partition, start);
    this.#found.set(partition, watermark);
    this.#parts.seek(partition, start.offset);
  }

  /**
   * Whether the record was complete before the partition became ours, or is by what we ourselves told
   * since: the group may be set back while the partition is ours, to before where it was when we got it,
   * by more than requests are remembered.
   */
  wasComplete(partition: number, offset: bigint): boolean {
    const found = this.#found.get(partition);
    const told = this.#parts.watermarks.of(partition);
    // Of another era it is about other records.
    const isOurs = told?.era === (found?.era ?? 0);
    const known = [
      ...(found === undefined ? [] : [found]),
      ...(told !== null && isOurs ? [told] : []),
    ];
    return known.some((watermark) => isCompleteIn(watermark, offset));
  }

  /** The partition is somebody else's. */
  lose(partition: number): void {
    this.#starts.delete(partition);
    this.#found.delete(partition);
    this.#anchors.delete(partition);
  }

  /**
   * Whether these records are those that are to be worked, and not from before or of another topic;
   * what is to be done otherwise is done.
   */
  admits(partition: number, records: readonly KafkaRecord[], endOffset: bigint): boolean {
    const start = this.#starts.get(partition);
    if (start === undefined) return true;
    const { log, seek } = this.#parts;
    const finding = start.look(records, endOffset);
    switch (finding.kind) {
      case "holds":
        if (finding.doubt !== null) log.warn("watermark.doubtful", { partition, ...finding });
        this.#starts.delete(partition);
        return true;
      case "too-early":
        seek(partition, start.offset);
        return false;
      case "void":
        log.error("watermark.void", { partition, why: finding.why });
        this.#startAnew(partition, start);
        return false;
    }
  }

  /** Records of a partition that is ours came and are worked. */
  note(partition: number, records: readonly KafkaRecord[]): void {
    const anchors = this.#anchors.get(partition) ?? new Anchors();
    this.#anchors.set(partition, anchors);
    anchors.note(records);
  }

  /**
   * Where a partition stands, as the checkpoint holds it: what was read of it up to `next`, and what
   * was complete before and is still to be read again.
   */
  watermarkAt(
    partition: number,
    { low, ranges, next }: Pick<Watermark, "low" | "ranges"> & { readonly next: bigint },
  ): Watermark {
    const found = this.#found.get(partition);
    const unread = (found?.ranges ?? [])
      .filter(({ to }) => to > next)
      .map(({ from, to }) => ({ from: from > next ? from : next, to }));
    const isNewer = found === undefined || low >= found.low;
    const lowest = isNewer ? low : found.low;
    const above = [...ranges, ...unread].filter(({ to }) => to > lowest);
    const anchor = this.#anchors.get(partition)?.below(lowest) ?? found?.anchor ?? null;
    // Of the time when this reading began: the partition may have begun anew since.
    const era = found?.era ?? 0;
    return { era, low: lowest, ranges: above, anchor };
  }

  /** Nothing is known of the partition any more: all of it is read, once everybody can know that. */
  #startAnew(partition: number, start: PartitionStart): void {
    const { watermarks, anew, begun, seek, failed } = this.#parts;
    anew(partition);
    this.#found.delete(partition);
    watermarks.void(partition, start.watermark).then((from) => {
      // It may have been lost meanwhile, and even be ours again.
      if (this.#starts.get(partition) !== start) return;
      this.#starts.delete(partition);
      this.#found.set(partition, from);
      seek(partition, from.low);
      begun(partition);
    }, failed);
  }
}
