import { AppendQueue, type AppendQueueParts } from "./append-queue.ts";
import type { JournalRecord } from "./journal-record.ts";
import { encodeRecord } from "./record-codec.ts";

export interface AppendQueuesParts extends Omit<
  AppendQueueParts,
  "partition" | "key" | "stepsBefore"
> {
  /** The partition of all records of a connection. */
  readonly partitionOf: (provider: string) => number;
}

/** What a queue is for. */
interface Purpose {
  readonly name: string;
  readonly partition: number;
  readonly key: string;
}

/**
 * The ways into the journal: a queue for each connection, and one for each partition's records that
 * belong to none.
 *
 * A queue is there while it has anything to write: requests may name any number of connections.
 */
export class AppendQueues {
  readonly #parts: AppendQueuesParts;
  readonly #byName = new Map<string, AppendQueue>();
  /** No queue that has gone counted more. */
  #steps = 0;

  constructor(parts: AppendQueuesParts) {
    this.#parts = parts;
  }

  /** All of them that have anything to write, by their names. */
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
    const purpose = { name: `connection ${provider}`, key: provider, partition };
    return this.#appendFor(purpose, record, dropAt);
  }

  /** As `AppendQueue.append`, for a record that belongs to no connection. */
  async appendTo(partition: number, record: JournalRecord): Promise<boolean> {
    const purpose = { name: `partition ${partition}`, key: `#${partition}`, partition };
    return this.#appendFor(purpose, record);
  }

  async #appendFor(purpose: Purpose, record: JournalRecord, dropAt?: number): Promise<boolean> {
    const queue = this.#queue(purpose);
    const isWritten = await queue.append(encodeRecord(record), dropAt);
    // One that waits for nothing has nothing in flight either, so the next one is alone again.
    if (!queue.isBusy && this.#byName.get(purpose.name) === queue) {
      this.#byName.delete(purpose.name);
      this.#steps = Math.max(this.#steps, queue.steps);
    }
    return isWritten;
  }

  #queue({ name, partition, key }: Purpose): AppendQueue {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    // To whoever watches, a queue that comes and goes must not seem to stand still.
    const queue = new AppendQueue({ ...this.#parts, partition, key, stepsBefore: this.#steps });
    this.#byName.set(name, queue);
    return queue;
  }
}
