import type { CheckpointStore } from "../../src/journal/checkpoint-store.ts";
import type {
  JournalLog,
  LoggedRecord,
  LogRange,
  TailHandlers,
} from "../../src/journal/journal-log.ts";

/** As many as the journal topic has. */
const PARTITIONS = 8;
/** The tail of a real journal hears from its broker about so often. */
const FETCHED_EVERY_MS = 250;

/**
 * A journal that one process keeps for itself, in memory: what claims are worth that nobody else
 * sees and no restart remembers. For the control, which must find doubles.
 */
export class PrivateJournal implements JournalLog {
  readonly #partitions = Array.from({ length: PARTITIONS }, (): LoggedRecord[] => []);
  #handlers: TailHandlers | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  async ranges(): Promise<readonly LogRange[]> {
    const ranges = this.#partitions.map(({ length }) => ({ low: 0n, high: BigInt(length) }));
    return Promise.resolve(ranges);
  }

  async recordsAt(
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<ReadonlyMap<number, LoggedRecord>> {
    const found = new Map<number, LoggedRecord>();
    for (const [partition, offset] of offsets) {
      const record = this.#partitions[partition]?.[Number(offset)];
      if (record !== undefined) found.set(partition, record);
    }
    return Promise.resolve(found);
  }

  async append(partition: number, _key: string, values: readonly Buffer[]): Promise<void> {
    const log = this.#partitions[partition];
    if (log === undefined) throw new Error(`there is no partition ${partition}`);
    const records = values.map((value, index) => ({
      offset: BigInt(log.length + index),
      appendedAt: Date.now(),
      value,
    }));
    log.push(...records);
    // Read back after it is acknowledged, as from a broker.
    setImmediate(() => this.#handlers?.onRecords(partition, records));
    return Promise.resolve();
  }

  async follow(_from: ReadonlyMap<number, bigint>, handlers: TailHandlers): Promise<void> {
    this.#handlers = handlers;
    handlers.onFetched();
    this.#heartbeat = setInterval(() => handlers.onFetched(), FETCHED_EVERY_MS);
    return Promise.resolve();
  }

  health(): string | null {
    return null;
  }

  async close(): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    return Promise.resolve();
  }
}

/** A checkpoint that nobody else sees and no restart finds again. */
export class PrivateCheckpoints implements CheckpointStore {
  readonly #values = new Map<string, Buffer>();
  #onWrite: (key: string, value: Buffer | null) => void = () => undefined;

  async load(): Promise<ReadonlyMap<string, Buffer>> {
    return Promise.resolve(this.#values);
  }

  follow(onWrite: (key: string, value: Buffer | null) => void): void {
    this.#onWrite = onWrite;
  }

  async write(key: string, value: Buffer | null): Promise<void> {
    if (value === null) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#onWrite(key, value);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}
