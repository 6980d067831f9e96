const WAIT_MS = 30_000;
const REMEMBERED_MS = 30_000;
const MAX_IDS = 1_000;

/**
 * Schema ids that the registry does not know, and since when.
 *
 * Right after a schema was registered another node of the registry may still deny it, so an id
 * counts as unknown only after it was missing for 30 s. From then on the registry is asked about it
 * every 30 s at most, not for every record.
 */
export class MissingIds {
  readonly #misses = new Map<number, { firstAt: number; lastAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the id is known to be unknown, so that the registry need not be asked now. */
  isKnown(id: number): boolean {
    const miss = this.#misses.get(id);
    if (miss === undefined) return false;
    return miss.lastAt - miss.firstAt >= WAIT_MS && this.#now() - miss.lastAt < REMEMBERED_MS;
  }

  /** Notes that the registry just denied the id; true when it has done so for long enough. */
  note(id: number): boolean {
    const now = this.#now();
    const firstAt = this.#misses.get(id)?.firstAt ?? now;
    this.#misses.delete(id);
    this.#misses.set(id, { firstAt, lastAt: now });
    this.#dropOldest();
    return now - firstAt >= WAIT_MS;
  }

  /** Notes that the registry knows the id after all. */
  forget(id: number): void {
    this.#misses.delete(id);
  }

  #dropOldest(): void {
    const [oldest] = this.#misses.keys();
    if (this.#misses.size > MAX_IDS && oldest !== undefined) this.#misses.delete(oldest);
  }
}
