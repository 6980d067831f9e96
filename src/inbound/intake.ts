import type { Source } from "../domain/rerun-request.ts";
import type { Watermark } from "../journal/watermark.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import type { Log } from "../observability/log.ts";
import type { DeadLetters } from "../outbound/dead-letters.ts";
import type { RequestDecoder } from "./decode-request.ts";
import type { Desk } from "./desk.ts";
import { OffsetCommitter } from "./offset-committer.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { PartitionPauses, type PausableFeed } from "./partition-pauses.ts";
import { type Blocked, type IntakeMetrics, PartitionPipeline } from "./partition-pipeline.ts";
import { PartitionStarts, type Watermarks } from "./partition-starts.ts";

/** What the intake asks of its consumer. */
export interface RecordFeed extends PausableFeed {
  /** Resolves when Kafka has stored the offsets of the partitions that are still assigned. */
  commit(offsets: ReadonlyMap<number, bigint>): Promise<void>;
  /** What is fetched of the partition from now on begins at the offset. Synchronous. */
  seek(partition: number, offset: bigint): void;
}

export interface IntakeParts {
  readonly feed: RecordFeed;
  readonly decoder: Pick<RequestDecoder, "decode">;
  readonly desk: Desk;
  readonly deadLetters: Pick<DeadLetters, "deadLetter">;
  readonly watermarks: Watermarks;
  readonly metrics: IntakeMetrics;
  readonly log: Log;
  readonly maxWaiting: number;
  /** How many of the open records wait outside of memory. */
  readonly outside: () => number;
  /** Which partitions are ours has changed. */
  readonly assigned: () => void;
  /** A bug came to light: the process cannot go on. */
  readonly failed: (error: unknown) => void;
}

const COMMIT_INTERVAL_MS = 300;
/** Paused partitions resume below this share of `maxWaiting`, so that they do not flutter. */
const RESUME_BELOW = 0.9;
const MAX_BACKLOG = 500;
/** So many stretches above the watermark are written down; what lies above is looked up by its id. */
const MAX_RANGES = 200;

/**
 * The way in: takes records from the consumer, hands requests to the desk, and lets an offset be
 * committed when all records up to it are complete.
 *
 * Every partition has a pipeline of its own: one that has to wait leaves the others alone. A record
 * that this process already works, or has finished, is dropped when it is delivered again. Holds
 * at most `maxWaiting` records in memory, and what was fetched before the pause took effect; what
 * waits behind a blocked record is not counted, so that it cannot pause the others.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #pauses: PartitionPauses;
  readonly #committer: OffsetCommitter;
  readonly #starts: PartitionStarts;
  /** Of every partition that was ever ours: what is finished stays known. */
  readonly #trackers = new Map<number, OffsetTracker>();
  readonly #pipelines = new Map<number, PartitionPipeline>();
  readonly #endOffsets = new Map<number, bigint>();
  #open = 0;
  #full = false;
  #draining = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#pauses = new PartitionPauses(parts.feed);
    this.#committer = new OffsetCommitter({
      commit: async (offsets) => parts.feed.commit(offsets),
      committable: () => this.#committable(),
      log: parts.log,
      intervalMs: COMMIT_INTERVAL_MS,
    });
    this.#starts = new PartitionStarts({
      watermarks: parts.watermarks,
      seek: (partition, offset) => parts.feed.seek(partition, offset),
      anew: (partition) => this.#forgetAll(partition),
      begun: (partition) => this.#pauses.release(partition, "beginning"),
      log: parts.log,
      failed: parts.failed,
    });
  }

  /** Begins to commit every 300 ms what changed. */
  start(): void {
    this.#committer.start();
  }

  /** These partitions, and no others, are ours from now on. Synchronous; for the consumer to call. */
  onAssignment(assigned: readonly number[], epoch: number): void {
    const ours = new Set(assigned);
    const lost = [...this.#pipelines.keys()].filter((partition) => !ours.has(partition));
    const gained = assigned.filter((partition) => !this.#pipelines.has(partition));
    for (const partition of lost) this.#lose(partition);
    for (const partition of gained) this.#gain(partition);
    this.#pauses.assign(ours);
    for (const partition of gained) this.#starts.gain(partition);
    this.#committer.forget();
    this.#parts.log.info("intake.assigned", { epoch, assigned, gained, lost });
    this.#parts.assigned();
  }

  /** Records of one partition, in their order. Synchronous; for the consumer to call. */
  onRecords(partition: number, records: readonly KafkaRecord[], endOffset: bigint): void {
    // A fetch from before a rebalance may still bring records of a lost partition.
    if (!this.#pipelines.has(partition) || this.#draining) return;
    if (!this.#starts.admits(partition, records, endOffset)) return;
    const { next } = this.#tracker(partition);
    if (next !== null && endOffset < next) {
      // Offsets mean other records now; what is known of them must not be applied to these.
      const message = `partition ${partition} ends at ${endOffset} and was read up to ${next}: the topic was made anew or lost records`;
      this.#parts.failed(new Error(message));
      return;
    }
    this.#endOffsets.set(partition, endOffset);
    this.#starts.note(partition, records);
    this.#take(partition, records);
  }

  #take(partition: number, records: readonly KafkaRecord[]): void {
    const pipeline = this.#pipelines.get(partition);
    const receivedAt = Date.now();
    let complete = 0;
    this.#track(partition, (tracker) => {
      for (const record of records) {
        if (tracker.begin(record.offset) !== "new") continue;
        if (this.#starts.wasComplete(partition, record.offset)) {
          tracker.finish(record.offset);
          complete += 1;
        } else {
          pipeline?.add(record, receivedAt);
        }
      }
    });
    if (complete === 0) return;
    this.#parts.metrics.completeAgain(complete);
    this.#parts.log.info("intake.complete-already", { partition, records: complete });
  }

  /** The record needs no further attention: its offset may be released. Any order, any number of times. */
  complete({ partition, offset }: Source): void {
    this.#track(partition, (tracker) => tracker.finish(offset));
  }

  /**
   * Whether a record that was under way, and came to no end, is still ours to work. When it is not
   * (its partition was lost meanwhile), nothing here knows it any more: it is worked by whom it is
   * delivered to next.
   */
  keeps({ partition, offset }: Pick<Source, "partition" | "offset">): boolean {
    let kept = false;
    this.#track(partition, (tracker) => (kept = tracker.keeps(offset)));
    return kept;
  }

  /** Whether the partition is ours at present. */
  owns(partition: number): boolean {
    return this.#pipelines.has(partition);
  }

  /**
   * Where the partitions that are ours stand, for the checkpoint. Those of which nothing came, or
   * whose first records are not believed yet, are left out.
   */
  watermarks(): ReadonlyMap<number, Watermark> {
    const known = new Map<number, Watermark>();
    for (const partition of this.#pipelines.keys()) {
      const tracker = this.#tracker(partition);
      const [low, next] = [tracker.committable(), tracker.next];
      if (low === null || next === null) continue;
      const ranges = tracker.finishedStretches(MAX_RANGES);
      known.set(partition, this.#starts.watermarkAt(partition, { low, ranges, next }));
    }
    return known;
  }

  /** The partitions that cannot go on at present, and why. */
  blocked(): readonly Blocked[] {
    return [...this.#pipelines.values()].flatMap((pipeline) => pipeline.blocked() ?? []);
  }

  /** Whether any partition has a record that could be worked now; for the watchdog. */
  get runnable(): boolean {
    return [...this.#pipelines.values()].some((pipeline) => pipeline.runnable);
  }

  /** Changes with every record that was worked; for the watchdog. */
  get steps(): number {
    return [...this.#pipelines.values()].reduce((sum, pipeline) => sum + pipeline.steps, 0);
  }

  /** How many records were taken and are not complete. */
  get openCount(): number {
    return this.#open;
  }

  /** Whether nothing is fetched because `maxWaiting` records wait. */
  get full(): boolean {
    return this.#full;
  }

  /** Per assigned partition: how many records were delivered and are not covered by the committable offset. */
  uncommitted(): ReadonlyMap<number, number> {
    const counts = [...this.#pipelines.keys()].map(
      (partition) => [partition, this.#tracker(partition).uncommittedCount] as const,
    );
    return new Map(counts);
  }

  /**
   * Per assigned partition of which anything came: how many offsets lie between what may be
   * committed and the partition's end, as the last fetched batch told it.
   */
  lag(): ReadonlyMap<number, bigint> {
    const lags = new Map<number, bigint>();
    for (const [partition, end] of this.#endOffsets) {
      const done = this.#tracker(partition).committable() ?? end;
      lags.set(partition, end > done ? end - done : 0n);
    }
    return lags;
  }

  /**
   * From this call on no record is handed over; commits go on. Resolves when the dead letters that
   * were being published are, which may take as long as Kafka is away.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#pauses.holdAll("draining");
    const pipelines = [...this.#pipelines.values()];
    for (const pipeline of pipelines) pipeline.close();
    await Promise.all(pipelines.map(async (pipeline) => pipeline.settled()));
  }

  /**
   * Stops committing after one last commit. Resolves with whether Kafka has all that may be
   * committed; the caller bounds its time. To be called before the consumer stops.
   */
  async finalCommit(): Promise<boolean> {
    return this.#committer.final();
  }

  #gain(partition: number): void {
    const { decoder, desk, deadLetters, metrics, failed, maxWaiting } = this.#parts;
    const pipeline = new PartitionPipeline({
      partition,
      decoder,
      desk,
      deadLetters,
      metrics,
      pauses: this.#pauses,
      backlogLimit: Math.min(MAX_BACKLOG, maxWaiting),
      deadLettered: (offset) => this.#track(partition, (tracker) => tracker.finish(offset)),
      abandoned: (record, receivedAt) => this.#takeBack(record, receivedAt),
      stuckChanged: () => this.#balance(),
      failed,
    });
    this.#pipelines.set(partition, pipeline);
  }

  #lose(partition: number): void {
    const beingPublished = this.#pipelines.get(partition)?.close() ?? [];
    this.#pipelines.delete(partition);
    this.#endOffsets.delete(partition);
    this.#starts.lose(partition);
    const goingOn = new Set([...this.#parts.desk.forget(partition), ...beingPublished]);
    this.#track(partition, (tracker) => tracker.lose(goingOn));
  }

  /** Its offsets mean other records now, none of which may come before that can be known. */
  #forgetAll(partition: number): void {
    this.#pauses.hold(partition, "beginning");
    this.#open -= this.#tracker(partition).openCount;
    this.#trackers.delete(partition);
  }

  /** A lost partition's record that went on came to no end. */
  #takeBack(record: KafkaRecord, receivedAt: number): void {
    if (this.keeps(record)) this.#pipelines.get(record.partition)?.add(record, receivedAt);
  }

  #tracker(partition: number): OffsetTracker {
    const known = this.#trackers.get(partition);
    if (known !== undefined) return known;
    const tracker = new OffsetTracker();
    this.#trackers.set(partition, tracker);
    return tracker;
  }

  #committable(): ReadonlyMap<number, bigint> {
    const offsets = new Map<number, bigint>();
    for (const partition of this.#pipelines.keys()) {
      const offset = this.#tracker(partition).committable();
      if (offset !== null) offsets.set(partition, offset);
    }
    return offsets;
  }

  /** Keeps the sum of open records in step with a change of one partition's. */
  #track(partition: number, change: (tracker: OffsetTracker) => void): void {
    const tracker = this.#tracker(partition);
    const openBefore = tracker.openCount;
    change(tracker);
    this.#open += tracker.openCount - openBefore;
    this.#balance();
  }

  #balance(): void {
    const { maxWaiting } = this.#parts;
    let load = this.#open - this.#parts.outside();
    for (const pipeline of this.#pipelines.values()) load -= pipeline.stuckCount;
    if (!this.#full && load >= maxWaiting) {
      this.#full = true;
      this.#pauses.holdAll("capacity");
      this.#parts.log.info("intake.paused", { open: this.#open, maxWaiting });
    } else if (this.#full && load < maxWaiting * RESUME_BELOW) {
      this.#full = false;
      this.#pauses.releaseAll("capacity");
      this.#parts.log.info("intake.resumed", { open: this.#open, maxWaiting });
    }
  }
}
