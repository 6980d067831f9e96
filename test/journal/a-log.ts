import type {
  JournalLog,
  LoggedRecord,
  LogRange,
  TailHandlers,
} from "../../src/journal/journal-log.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { decodeRecord, encodeRecord } from "../../src/journal/record-codec.ts";

/**
 * What becomes of an append: it is written, or not; it is acknowledged, or its writer hears of an
 * error or nothing at all.
 */
export type AppendEnd = "written" | "unacknowledged" | "lost" | "silent";

export interface Append {
  readonly partition: number;
  readonly key: string;
  readonly values: readonly Buffer[];
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** How often reads come back while the log can be read: as Kafka answers when there is nothing. */
const FETCH_MS = 250;

/**
 * A journal log in memory whose brokers do as they are told. Time is the test's: appends take
 * `appendMs`, and nothing happens unless time is advanced.
 */
export class ALog implements JournalLog {
  readonly appends: Append[] = [];
  /** What becomes of the next appends; written when it says nothing. */
  readonly plan: AppendEnd[] = [];
  appendMs = 1;
  /** While false nothing is handed over, and no read comes back. */
  isRead = true;
  readonly #partitions: LoggedRecord[][];
  readonly #next: number[];
  #handlers: TailHandlers | null = null;

  constructor(partitions = 1) {
    this.#partitions = Array.from({ length: partitions }, () => []);
    this.#next = this.#partitions.map(() => 0);
  }

  async ranges(): Promise<readonly LogRange[]> {
    return this.#partitions.map(({ length }) => ({ low: 0n, high: BigInt(length) }));
  }

  async recordsAt(
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<ReadonlyMap<number, LoggedRecord>> {
    const found = [...offsets].flatMap(([partition, offset]) => {
      const record = this.#partitions[partition]?.[Number(offset)];
      return record === undefined ? [] : [[partition, record] as const];
    });
    return new Map(found);
  }

  async append(partition: number, key: string, values: readonly Buffer[]): Promise<void> {
    this.appends.push({ partition, key, values, at: performance.now() });
    const end = this.plan.shift() ?? "written";
    await new Promise((resolve) => setTimeout(resolve, this.appendMs));
    if (end === "silent") await new Promise(() => undefined);
    if (end === "lost") throw new Error("the brokers did not take it");
    for (const value of values) this.write(value, partition);
    if (end === "unacknowledged") throw new Error("the brokers did not say whether they took it");
  }

  /** Puts something into the log that nobody here appended. */
  write(value: Buffer | null | JournalRecord, partition = 0): void {
    const records = this.#partitions[partition]!;
    const offset = BigInt(records.length);
    const bytes = value === null || Buffer.isBuffer(value) ? value : encodeRecord(value);
    records.push({ offset, appendedAt: Date.now(), value: bytes });
    this.#handOver(partition);
  }

  async follow(from: ReadonlyMap<number, bigint>, handlers: TailHandlers): Promise<void> {
    for (const [partition, offset] of from) this.#next[partition] = Number(offset);
    this.#handlers = handlers;
    setInterval(() => this.fetch(), FETCH_MS);
  }

  /** A read comes back, unless the log cannot be read. */
  fetch(): void {
    if (!this.isRead) return;
    for (const partition of this.#partitions.keys()) this.#handOver(partition);
    this.#handlers?.onFetched();
  }

  health(): string | null {
    return null;
  }

  async close(): Promise<void> {}

  /** All that stands in a partition, as it is read. */
  records(partition = 0): readonly JournalRecord[] {
    return this.#partitions[partition]!.flatMap(({ value }) => {
      const decoded = decodeRecord(value);
      return decoded.kind === "record" ? [decoded.record] : [];
    });
  }

  #handOver(partition: number): void {
    const handlers = this.#handlers;
    if (handlers === null || !this.isRead) return;
    const records = this.#partitions[partition]!.slice(this.#next[partition]);
    this.#next[partition]! += records.length;
    if (records.length > 0) handlers.onRecords(partition, records);
  }
}
