import type { OutgoingRecord } from "../../src/kafka/outgoing-record.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import type { OffsetRange } from "../../src/kafka/topic-reader.ts";

/** What one read of a partition gave. */
export interface Stretch {
  readonly records: readonly KafkaRecord[];
  readonly range: OffsetRange;
  /** Nothing stood behind these records when they were read. */
  readonly isToEnd: boolean;
}

interface Partition {
  low: number;
  readonly records: KafkaRecord[];
}

/** So many records are read at once at the most. */
const MOST_RECORDS = 500;

/** A topic in memory: what was appended stays, in its order, until it is deleted from the front. */
export class EmbeddedTopic {
  readonly name: string;
  readonly #now: () => number;
  readonly #partitions: readonly Partition[];
  readonly #listeners = new Set<(record: KafkaRecord) => void>();

  /** `now`: the brokers' clock, milliseconds since the epoch. */
  constructor(name: string, partitions: number, now: () => number) {
    this.name = name;
    this.#now = now;
    this.#partitions = Array.from({ length: partitions }, () => ({ low: 0, records: [] }));
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  /** Appends all of them to one partition, in their order and next to each other. */
  append(partition: number, records: readonly OutgoingRecord[]): void {
    const { low, records: known } = this.#at(partition);
    for (const record of records) {
      const place = { topic: this.name, partition, offset: BigInt(low + known.length) };
      const added = { ...record, ...place, timestamp: String(this.#now()) };
      known.push({ ...added, key: asBytes(record.key) });
      for (const listener of this.#listeners) listener({ ...added, key: asBytes(record.key) });
    }
  }

  /** Appends to the partition that the key falls to. */
  appendByKey(record: OutgoingRecord): void {
    const key = asBytes(record.key)?.toString("latin1") ?? "";
    let sum = 0;
    for (let i = 0; i < key.length; i += 1) sum = (sum * 31 + key.charCodeAt(i)) % 65_521;
    this.append(sum % this.#partitions.length, [record]);
  }

  /** What stands in a partition from an offset on; from where it begins when that is higher. */
  read(partition: number, from: bigint): Stretch {
    const { low, records } = this.#at(partition);
    const start = Math.max(0, Number(from) - low);
    const found = records.slice(start, start + MOST_RECORDS);
    const range = this.range(partition);
    return { records: found, range, isToEnd: start + found.length >= records.length };
  }

  /** The record at an offset; null when it is not there. */
  at(partition: number, offset: bigint): KafkaRecord | null {
    const { low, records } = this.#at(partition);
    return records[Number(offset) - low] ?? null;
  }

  range(partition: number): OffsetRange {
    const { low, records } = this.#at(partition);
    return { low: BigInt(low), high: BigInt(low + records.length) };
  }

  /** The range of every partition, by its number. */
  ranges(): ReadonlyMap<number, OffsetRange> {
    return new Map(this.#partitions.map((_, partition) => [partition, this.range(partition)]));
  }

  /** Tells every record as it is appended, until the returned function is called. */
  listen(listener: (record: KafkaRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when one of the partitions goes on past the offset given for it, or after the time. */
  async growsPast(offsets: ReadonlyMap<number, bigint>, waitMs: number): Promise<void> {
    const hasMore = [...offsets].some(([partition, from]) => this.range(partition).high > from);
    if (hasMore) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, waitMs);
      const stop = this.listen(({ partition }) => {
        if (offsets.has(partition)) end();
      });
    });
  }

  #at(partition: number): Partition {
    const found = this.#partitions[partition];
    if (found === undefined) throw new Error(`${this.name} has no partition ${partition}`);
    return found;
  }
}

function asBytes(key: OutgoingRecord["key"]): Buffer | null {
  return typeof key === "string" ? Buffer.from(key) : key;
}
