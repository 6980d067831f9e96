import { AppendQueue, type AppendQueueParts } from "./append-queue.ts";
import type { JournalRecord } from "./journal-record.ts";
import { encodeRecord } from "./record-codec.ts";

export interface AppendQueuesParts extends Omit<AppendQueueParts, "partition" | "key"> {
  /** The partition of all records of a connection. */
  readonly partitionOf: (provider: string) => number;
}

/**
 * The ways into the journal: a queue for each connection, and one for each partition's records that
 * belong to none.
 */
export class AppendQueues {
  readonly #parts: AppendQueuesParts;
  readonly #byName = new Map<string, AppendQueue>();

  constructor(parts: AppendQueuesParts) {
    this.#parts = parts;
  }

  /** All of them that were ever used, by their names. */
  get byName(): ReadonlyMap<string, AppendQueue> {
    return this.#byName;
  }

  /**
   * Resolves when the connection's record is acknowledged. Rejects with the signal's reason when it
   * aborts first.
   */
  async write(provider: string, record: JournalRecord): Promise<void> {
    const isWritten = await this.append(provider, record);
    if (!isWritten) this.#parts.signal.throwIfAborted();
  }

  /** As `AppendQueue.append`, for a record of the connection. */
  async append(provider: string, record: JournalRecord, dropAt?: number): Promise<boolean> {
    const partition = this.#parts.partitionOf(provider);
    // A provider's name is whatever a request says: it must not be taken for a partition's.
    const queue = this.#queue(`connection ${provider}`, provider, partition);
    return queue.append(encodeRecord(record), dropAt);
  }

  /** As `AppendQueue.append`, for a record that belongs to no connection. */
  async appendTo(partition: number, record: JournalRecord, dropAt?: number): Promise<boolean> {
    const queue = this.#queue(`partition ${partition}`, `#${partition}`, partition);
    return queue.append(encodeRecord(record), dropAt);
  }

  #queue(name: string, key: string, partition: number): AppendQueue {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const queue = new AppendQueue({ ...this.#parts, partition, key });
    this.#byName.set(name, queue);
    return queue;
  }
}
