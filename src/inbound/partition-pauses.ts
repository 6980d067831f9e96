/** Why a partition is not fetched. */
export type PauseReason =
  "capacity" | "backlog" | "registry" | "dead-letter" | "draining" | "beginning";

/** What can be paused; both are synchronous and may be called for what is paused or running already. */
export interface PausableFeed {
  pause(partition: number): void;
  resume(partition: number): void;
}

/**
 * Pauses a partition as long as there is any reason for it.
 *
 * Reasons come from several sides, for one partition or for all: a partition whose registry is back
 * must stay paused while memory is full.
 */
export class PartitionPauses {
  readonly #feed: PausableFeed;
  readonly #forAll = new Set<PauseReason>();
  readonly #forOne = new Map<number, Set<PauseReason>>();
  readonly #paused = new Set<number>();

  constructor(feed: PausableFeed) {
    this.#feed = feed;
  }

  /**
   * These and no others are ours now. What is lost is resumed at the feed: it would come back
   * paused. What is kept or gained is paused anew if there is a reason, because the feed forgets
   * pauses when it has to start anew.
   */
  assign(assigned: ReadonlySet<number>): void {
    for (const partition of this.#forOne.keys()) {
      if (assigned.has(partition)) continue;
      this.#forOne.delete(partition);
      if (this.#paused.delete(partition)) this.#feed.resume(partition);
    }
    for (const partition of assigned) {
      if (!this.#forOne.has(partition)) this.#forOne.set(partition, new Set());
      this.#paused.delete(partition);
      this.#apply(partition);
    }
  }

  hold(partition: number, why: PauseReason): void {
    this.#forOne.get(partition)?.add(why);
    this.#apply(partition);
  }

  release(partition: number, why: PauseReason): void {
    this.#forOne.get(partition)?.delete(why);
    this.#apply(partition);
  }

  /** Holds all partitions, those that are assigned later included. */
  holdAll(why: PauseReason): void {
    this.#forAll.add(why);
    for (const partition of this.#forOne.keys()) this.#apply(partition);
  }

  releaseAll(why: PauseReason): void {
    this.#forAll.delete(why);
    for (const partition of this.#forOne.keys()) this.#apply(partition);
  }

  /** The paused partitions and why. */
  reasons(): ReadonlyMap<number, readonly PauseReason[]> {
    return new Map(
      [...this.#forOne]
        .map(([partition, own]) => [partition, [...this.#forAll, ...own]] as const)
        .filter(([, all]) => all.length > 0),
    );
  }

  #apply(partition: number): void {
    const own = this.#forOne.get(partition);
    if (own === undefined) return;
    const wanted = this.#forAll.size > 0 || own.size > 0;
    if (wanted === this.#paused.has(partition)) return;
    if (wanted) {
      this.#paused.add(partition);
      this.#feed.pause(partition);
    } else {
      this.#paused.delete(partition);
      this.#feed.resume(partition);
    }
  }
}
