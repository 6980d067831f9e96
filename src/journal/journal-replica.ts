import type { Entry } from "./claim-entry.ts";
import type { Change } from "./change.ts";
import { type ClaimStates } from "./claim-states.ts";
import type { LoggedRecord, TailHandlers } from "./journal-log.ts";
import { journalPartitionOf } from "./journal-partition.ts";
import { decodeRecord } from "./record-codec.ts";

/** Who acts on what the journal says. Called in log order, synchronously; must not throw. */
export interface ReplicaListener {
  /** A record changed something in this partition. */
  changed(change: Change, partition: number): void;
  /** Reading is, or is again, without delay and at the end: claims can be won. */
  opened(): void;
}

export interface ReplicaParts {
  /** One for each partition of the journal, in order, as the checkpoint left them. */
  readonly states: readonly ClaimStates[];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** History is missing, or a bug came to light: the process has to start anew. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Without a fetch for this long nobody knows whether something new stands in the journal: several
 * times the longest wait of a fetch (kafka/topic-tail.ts).
 */
const STALE_AFTER_MS = 1200;
/** Sweeping looks at every open request: not to be done for each record while many are followed. */
const SWEEP_AT_LEAST = 1024;

/**
 * This process's view of the whole journal: what every record so far made of it, and whether it is
 * up to date.
 */
export class JournalReplica implements TailHandlers {
  readonly #parts: ReplicaParts;
  readonly #listeners: ReplicaListener[] = [];
  /** Claim id → when its grant was seen, monotonic. */
  readonly #seen = new Map<string, number>();
  /** By partition. */
  readonly #last = new Map<number, LoggedRecord>();
  #missing: Map<number, bigint> | null = null;
  #lastFetchAt = -Infinity;
  #liveSince = Infinity;
  #wasOpen = false;
  #otherVersion: number | null = null;
  #isBroken = false;
  #unreadable = 0;
  #sweepAt = SWEEP_AT_LEAST;
  #fetches = 0;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    for (const state of parts.states) {
      for (const entry of state.entries) this.#see(entry);
    }
  }

  listen(listener: ReplicaListener): void {
    this.#listeners.push(listener);
  }

  /** It is complete once every partition was read up to here. */
  startedWith(ends: ReadonlyMap<number, bigint>): void {
    const unread = [...ends].filter(([partition, end]) => this.#at(partition).position < end);
    this.#missing = new Map(unread);
  }

  get partitions(): readonly ClaimStates[] {
    return this.#parts.states;
  }

  /** The partition in which all records of a connection lie. */
  partitionOf(provider: string): number {
    return journalPartitionOf(provider, this.#parts.states.length);
  }

  /** The state in which a connection's requests are. */
  of(provider: string): ClaimStates {
    return this.#at(this.partitionOf(provider));
  }

  /** Whether it was read to where the journal ended when this process began. */
  get isCaughtUp(): boolean {
    return this.#missing !== null && this.#missing.size === 0;
  }

  /** Resolves when it is caught up; rejects with the signal's reason when that aborts first. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    if (this.isOpen) return;
    await new Promise<void>((resolve, reject) => {
      const end = () => reject(signal.reason as Error); // whoever aborts gives an Error
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      this.listen({
        changed: () => undefined,
        opened: () => {
          signal.removeEventListener("abort", end);
          resolve();
        },
      });
    });
  }

  /** How many records are still to be read until it is caught up; null: not known yet. */
  get missingCount(): bigint | null {
    if (this.#missing === null) return null;
    return [...this.#missing].reduce((sum, [p, end]) => sum + end - this.#at(p).position, 0n);
  }

  /** Whether what is read here is what stands in the journal, give or take a moment. */
  get isOpen(): boolean {
    return this.isCaughtUp && this.#isLive() && this.#otherVersion === null && !this.#isBroken;
  }

  /**
   * Whether what it tells is what other instances tell too. Once it is not, for it met records of
   * other rules or lost some, nothing may be judged or published by it any more.
   */
  get isTrusted(): boolean {
    return this.#otherVersion === null && !this.#isBroken;
  }

  /** Why claims cannot be won, for people; null when they can. */
  health(): string | null {
    if (this.#isBroken) return "the journal lost records; the process has to start anew";
    if (this.#otherVersion !== null) {
      return `the journal holds records of protocol version ${this.#otherVersion}: upgrade this instance`;
    }
    const missing = this.missingCount;
    if (missing === null) return "the journal is not read yet";
    if (missing > 0n) return `the journal is being read: ${missing} records to go`;
    return this.#isLive() ? null : "the journal cannot be read at present";
  }

  /** Since when it has been read without a break, monotonic; `Infinity` while it is not. */
  get liveSince(): number {
    return this.#isLive() ? this.#liveSince : Infinity;
  }

  /** When the claim's grant was seen here, monotonic; `Infinity` when it was not. */
  seenAt(claimId: string): number {
    return this.#seen.get(claimId) ?? Infinity;
  }

  /** Counts the reads that came back; for the watchdog. */
  get fetches(): number {
    return this.#fetches;
  }

  /** Records that nobody can read, which everybody ignores. */
  get unreadableCount(): number {
    return this.#unreadable;
  }

  /** The latest broker time in a partition, milliseconds. */
  logTime(partition: number): number {
    return this.#at(partition).logTime;
  }

  /** The last record that was read of a partition, which listeners are told the changes of; null: none. */
  lastRecord(partition: number): LoggedRecord | null {
    return this.#last.get(partition) ?? null;
  }

  onRecords(partition: number, records: readonly LoggedRecord[]): void {
    if (this.#isBroken) return;
    const state = this.#at(partition);
    try {
      for (const logged of records) {
        const { offset, appendedAt, value } = logged;
        this.#last.set(partition, logged);
        const decoded = decodeRecord(value);
        if (decoded.kind === "other-version") this.#otherVersion = decoded.version;
        if (decoded.kind === "unreadable") this.#unreadable += 1;
        const record = decoded.kind === "record" ? decoded.record : null;
        for (const change of state.apply(record, { offset, appendedAt })) {
          this.#note(change);
          for (const listener of this.#listeners) listener.changed(change, partition);
        }
      }
    } catch (error) {
      this.#isBroken = true;
      this.#parts.onFailure(error);
      return;
    }
    const end = this.#missing?.get(partition);
    if (end !== undefined && state.position >= end) this.#missing?.delete(partition);
    this.#tellOpened();
  }

  onGap(partition: number, expected: bigint, found: bigint): void {
    this.#isBroken = true;
    const message = `journal partition ${partition}: offset ${expected} was due and ${found} came: records were lost`;
    this.#parts.onFailure(new Error(message));
  }

  onFetched(): void {
    const now = this.#parts.now();
    // A break: what was waited for before it must be waited for anew.
    if (now - this.#lastFetchAt > STALE_AFTER_MS) {
      this.#liveSince = now;
      this.#wasOpen = false;
    }
    this.#lastFetchAt = now;
    this.#fetches += 1;
    this.#tellOpened();
  }

  #tellOpened(): void {
    const { isOpen } = this;
    if (isOpen && !this.#wasOpen) for (const listener of this.#listeners) listener.opened();
    this.#wasOpen = isOpen;
  }

  #isLive(): boolean {
    return this.#parts.now() - this.#lastFetchAt <= STALE_AFTER_MS;
  }

  #note(change: Change): void {
    if (change.kind === "claimed") for (const entry of change.granted) this.#see(entry);
    if (change.kind === "released" || change.kind === "done") this.#sweep();
  }

  #see(entry: Entry): void {
    if (entry.claim !== null) this.#seen.set(entry.claim.claimId, this.#parts.now());
  }

  /** Claims that hold nothing any more need not be remembered. */
  #sweep(): void {
    if (this.#seen.size < this.#sweepAt) return;
    const open = new Set<string>();
    for (const state of this.#parts.states) {
      for (const { claim } of state.entries) if (claim !== null) open.add(claim.claimId);
    }
    for (const claimId of this.#seen.keys()) if (!open.has(claimId)) this.#seen.delete(claimId);
    this.#sweepAt = Math.max(SWEEP_AT_LEAST, 2 * this.#seen.size);
  }

  #at(partition: number): ClaimStates {
    const state = this.#parts.states[partition];
    if (state === undefined) throw new Error(`the journal has no partition ${partition}`);
    return state;
  }
}
