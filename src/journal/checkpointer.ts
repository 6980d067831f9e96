import type { Log } from "../observability/log.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { Change } from "./change.ts";
import type { CompletedOffsets } from "./journal-record.ts";
import type { JournalReplica, ReplicaListener } from "./journal-replica.ts";
import type { LogJournal } from "./log-journal.ts";
import { type Border, borderOf, SummaryWriter } from "./summary-writer.ts";
import {
  decodeWatermark,
  encodeWatermark,
  type Watermark,
  watermarkKey,
  watermarkPartition,
} from "./watermark.ts";

export interface CheckpointerParts {
  readonly replica: JournalReplica;
  readonly journal: Pick<LogJournal, "append">;
  readonly store: CheckpointStore;
  /** Where this process's partitions of the requests topic stand. */
  readonly watermarks: () => ReadonlyMap<number, Watermark>;
  /** Whether this process writes the summaries of a journal partition. */
  readonly writes: (journalPartition: number) => boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
  readonly log: Pick<Log, "info" | "warn">;
}

const EVERY_MS = 5000;
/** A stretch of the journal is closed after this long, however little finished in it. */
const SEAL_AFTER_MS = 3_600_000;

/**
 * Keeps the checkpoint: every 5 s where this process's partitions stand, and at every border of the
 * journal the summary from which a new process begins.
 *
 * All of it may be written by several processes, late or not at all: then less is forgotten, and
 * starting takes longer.
 */
export class Checkpointer implements ReplicaListener {
  readonly #parts: CheckpointerParts;
  readonly #summaries: SummaryWriter;
  /** What the checkpoint holds of each partition's newest era, whoever wrote it. */
  readonly #known = new Map<number, Watermark>();
  /** What was last told of each partition, as text. */
  readonly #told = new Map<number, string>();
  /** Journal partition → when its present stretch began, as seen here; monotonic. */
  readonly #stretchSince = new Map<number, number>();
  #borders: Border[] = [];
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    const { store, epoch, replica } = parts;
    const partitions = replica.partitions.length;
    this.#summaries = new SummaryWriter({ store, partitions, epoch });
    replica.listen(this);
  }

  /** Something stands in the checkpoint, or was written to it. */
  noteWrite(key: string, value: Buffer | null): void {
    this.#summaries.noteWrite(key, value);
    const partition = watermarkPartition(key);
    if (partition === null) return;
    const watermark = value === null ? null : decodeWatermark(value);
    const eraKnown = this.#known.get(partition)?.era ?? 0;
    if (watermark === null) this.#known.delete(partition);
    else if (watermark.era >= eraKnown) this.#known.set(partition, watermark);
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), EVERY_MS);
  }

  /** Stops, and writes one last time. Resolves with whether all is written; the caller bounds it. */
  async final(): Promise<boolean> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
    return this.#tick();
  }

  /**
   * The newest watermark of a partition of the requests topic; null: none is known. A process that
   * was frozen may have overwritten the checkpoint's with an older one; the journal remembers.
   */
  of(partition: number): Watermark | null {
    let newest = this.#known.get(partition) ?? null;
    for (const { completed } of this.#parts.replica.partitions) {
      const told = completed.of(partition);
      if (told === undefined) continue;
      const { era, low, ranges } = told;
      // An anchor of another era is a record of another topic.
      if (newest === null || era > newest.era) newest = { era, low, ranges, anchor: null };
      else if (era === newest.era && low > newest.low) newest = { ...newest, low, ranges };
    }
    return newest;
  }

  /**
   * The partition of the requests topic is another one than the watermark is about. Resolves with
   * the watermark of its new era once that stands in the journal and in the checkpoint.
   *
   * Several processes may find it out at once, from the same watermark: they come to the same era.
   */
  async void(partition: number, { era }: Pick<Watermark, "era">): Promise<Watermark> {
    const { store } = this.#parts;
    const anew: Watermark = { era: era + 1, low: 0n, ranges: [], anchor: null };
    const fresh: CompletedOffsets = { partition, era: anew.era, low: 0n, ranges: [] };
    // Ends the stretch: what finished in it came from the old one.
    const written = await Promise.all(
      this.#parts.replica.partitions.map(async ({ journalPartition }) =>
        this.#append(journalPartition, [fresh], true),
      ),
    );
    if (written.includes(false)) throw new Error("the process ended before the journal was told");
    await store.write(watermarkKey(partition), encodeWatermark(anew));
    this.noteWrite(watermarkKey(partition), encodeWatermark(anew));
    this.#told.delete(partition);
    return anew;
  }

  changed(change: Change, journalPartition: number): void {
    if (change.kind !== "border") return;
    this.#stretchSince.set(journalPartition, this.#parts.now());
    const states = this.#parts.replica.partitions[journalPartition];
    if (states !== undefined && this.#parts.writes(journalPartition)) {
      this.#borders.push(borderOf(states, this.#parts.replica.lastRecord(journalPartition)));
    }
  }

  opened(): void {
    // Nothing waits for it.
  }

  async #tick(): Promise<boolean> {
    if (this.#running !== null) return false;
    let isWritten = false;
    this.#running = this.#write()
      .then(() => {
        isWritten = true;
      })
      .catch((error: unknown) => this.#parts.log.warn("checkpoint.failed", { error }))
      .finally(() => (this.#running = null));
    await this.#running;
    return isWritten;
  }

  async #write(): Promise<void> {
    const { replica, watermarks, store } = this.#parts;
    // While the journal is not read nobody knows what is complete in it.
    if (!replica.isOpen) return;
    const changed = [...watermarks()].filter(([partition, watermark]) => {
      return this.#told.get(partition) !== textOf(watermark);
    });
    const completed = changed.map(([partition, { era, low, ranges }]): CompletedOffsets => {
      return { partition, era, low, ranges };
    });
    await Promise.all(
      replica.partitions.map(async ({ journalPartition, finished, openCount }) => {
        const seals = this.#isSealDue(journalPartition);
        const isNews = completed.length > 0 && (finished.size > 0 || openCount > 0);
        if (isNews || seals) await this.#append(journalPartition, completed, seals);
      }),
    );
    for (const [partition, watermark] of changed) {
      await store.write(watermarkKey(partition), encodeWatermark(watermark));
      this.#told.set(partition, textOf(watermark));
    }
    await this.#writeSummaries();
  }

  async #writeSummaries(): Promise<void> {
    for (;;) {
      const border = this.#borders[0];
      if (border === undefined) return;
      await this.#summaries.write(border);
      const { partition, saved, segments } = border;
      const summarised = { partition, upTo: saved.position, segments: segments.length };
      this.#parts.log.info("checkpoint.summarised", summarised);
      this.#borders = this.#borders.filter((one) => one !== border);
    }
  }

  /** Whether this process has to end the present stretch of a journal partition. */
  #isSealDue(journalPartition: number): boolean {
    const { replica, writes, now } = this.#parts;
    const states = replica.partitions[journalPartition];
    if (states === undefined || !writes(journalPartition)) return false;
    if (states.position === states.border) return false;
    const summarised = this.#summaries.borderOf(journalPartition) ?? 0n;
    // Nobody wrote the summary of the last border: whoever should have is gone. And without any there
    // is nothing by which a journal that was deleted and made anew could be told from this one.
    const isBehind = summarised < states.border || summarised === 0n;
    const isWaiting = this.#borders.some(({ partition }) => partition === journalPartition);
    const since = this.#stretchSince.get(journalPartition) ?? now();
    this.#stretchSince.set(journalPartition, since);
    return (isBehind && !isWaiting) || now() - since >= SEAL_AFTER_MS;
  }

  async #append(
    journalPartition: number,
    partitions: readonly CompletedOffsets[],
    seal: boolean,
  ): Promise<boolean> {
    const record = { kind: "CHECKPOINTED", partitions, seal } as const;
    return this.#parts.journal.append(journalPartition, record);
  }
}

function textOf(watermark: Watermark): string {
  return encodeWatermark({ ...watermark, anchor: null }).toString();
}
