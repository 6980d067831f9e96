import type { Log } from "../observability/log.ts";

export interface OffsetCommitterParts {
  /** Resolves when Kafka has stored them; rejects when it may not have. */
  readonly commit: (offsets: ReadonlyMap<number, bigint>) => Promise<void>;
  /** What may be committed now, for the assigned partitions only. */
  readonly committable: () => ReadonlyMap<number, bigint>;
  readonly log: Log;
  readonly intervalMs: number;
}

/**
 * Commits what changed, every so often, one commit at a time.
 *
 * A commit that failed is made again, with the newest offsets: nothing is lost by its failure, only
 * done again if this process ends now.
 */
export class OffsetCommitter {
  readonly #parts: OffsetCommitterParts;
  #committed = new Map<number, bigint>();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;

  constructor(parts: OffsetCommitterParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), this.#parts.intervalMs);
  }

  /** No further commits; one that is under way goes on. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The group's offsets may have been moved by others: everything is committed anew. */
  forget(): void {
    this.#committed = new Map();
  }

  /**
   * Stops, waits for the commit that is under way and makes the last one. Resolves with whether all
   * is committed; how long that may take is the caller's to bound.
   */
  async final(): Promise<boolean> {
    this.stop();
    await this.#running;
    await this.#tick();
    return this.#changed().size === 0;
  }

  async #tick(): Promise<void> {
    if (this.#running !== null) return this.#running;
    const changed = this.#changed();
    if (changed.size === 0) return;
    this.#running = this.#commit(changed).finally(() => (this.#running = null));
    return this.#running;
  }

  #changed(): ReadonlyMap<number, bigint> {
    const all = [...this.#parts.committable()];
    return new Map(all.filter(([partition, offset]) => this.#committed.get(partition) !== offset));
  }

  async #commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    const before = this.#committed;
    try {
      await this.#parts.commit(offsets);
      this.#failures = 0;
      // After a `forget` meanwhile this goes to the forgotten map, on purpose.
      for (const [partition, offset] of offsets) before.set(partition, offset);
    } catch (error) {
      // During a rebalance every commit fails for a moment; a broker that is away fails them all.
      this.#failures += 1;
      const fields = { error, failures: this.#failures };
      if (this.#failures === 1) this.#parts.log.warn("offset-commit.failed", fields);
      else this.#parts.log.debug("offset-commit.failed", fields);
    }
  }
}
