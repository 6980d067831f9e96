import type { Entry } from "../journal/claim-entry.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalReplica } from "../journal/journal-replica.ts";
import { type Deed, Deeds, deedsFor, type DeedsParts } from "./deeds.ts";
import { UnfinishedWork } from "./unfinished-work.ts";

/**
 * Why an open request is this process's to settle: it has the record that was claimed, it has another
 * record of the same id, or nobody may have one and its number fell on this process. Null: it is
 * others' to settle.
 */
export type Role = "source" | "duplicate" | "orphan" | null;

export interface SettlerParts extends DeedsParts {
  readonly journal: Pick<Journal, "accepted" | "done" | "published" | "isDriven">;
  readonly replica: Pick<JournalReplica, "of" | "seenAt" | "liveSince" | "isTrusted">;
  readonly roleOf: (entry: Entry) => Role;
  readonly graceMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Aborts when nothing is judged or followed here any more. */
  readonly stopped: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** Whoever has the claimed record goes first, so that usually nobody does it twice. */
const DUPLICATE_WAITS_MS = 5000;
/** For a request whose claim, and with it the length of a call, is not known any more. */
const USUAL_SETTLE_WITHIN_MS = 30_000;
/** While the journal is not read without a break nobody knows what to wait for. */
const LOOK_AGAIN_MS = 1000;
/** A connection that is configured nowhere any more cannot be asked about its calls. */
const UNCONFIGURED_WAITS_MS = 600_000;

/**
 * Brings open requests to their end by what the journal says of them, whoever called: judges claims
 * whose caller has fallen silent, follows what the provider took, publishes what is decided.
 *
 * All of it may be done by several processes at once: the first DONE wins, and outcomes with one id
 * are repeats. Who is to do it only saves work.
 */
export class Settler {
  readonly #parts: SettlerParts;
  readonly #deeds: Deeds;
  readonly #work = new UnfinishedWork();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Key → when it came to its present state, as seen here; monotonic. */
  readonly #since = new Map<string, { readonly state: string; readonly at: number }>();
  readonly #following = new Map<string, AbortController>();
  /** How many requests are followed, by their connections. */
  readonly #followed = new Map<string, number>();

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    this.#deeds = new Deeds(parts);
    parts.stopped.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** The request moved, or whose it is to settle may have changed. */
  consider(entry: Entry): void {
    const { key } = entry;
    this.#clearTimer(key);
    if (entry.phase === "free") {
      this.#since.delete(key);
      return;
    }
    if (!this.#wants(entry, "follow")) this.#following.get(key)?.abort();
    const now = this.#parts.now();
    let nextAt = Infinity;
    for (const deed of deedsFor(entry)) {
      if (this.#work.has(nameOf(deed, entry))) continue;
      const dueAt = this.#dueAt(entry, deed);
      if (dueAt <= now) this.#begin(entry, deed);
      else nextAt = Math.min(nextAt, dueAt);
    }
    if (nextAt === Infinity) return;
    const delayMs = Math.max(1, Math.ceil(nextAt - now));
    this.#timers.set(
      key,
      setTimeout(() => this.#reconsider(entry), delayMs),
    );
  }

  /** The request is finished. */
  finished({ key }: Entry): void {
    this.#clearTimer(key);
    this.#since.delete(key);
    this.#following.get(key)?.abort();
  }

  /** How many of a connection's requests are followed here. */
  followedOf(provider: string): number {
    return this.#followed.get(provider) ?? 0;
  }

  /** Resolves when nothing is being published. */
  async idle(): Promise<void> {
    return this.#work.idle((name) => name.startsWith("publish"));
  }

  #reconsider({ provider, key }: Entry): void {
    const entry = this.#parts.replica.of(provider).entry(key);
    if (entry === undefined) this.#clearTimer(key);
    else this.consider(entry);
  }

  #wants(entry: Entry, deed: Deed): boolean {
    return deedsFor(entry).includes(deed) && this.#parts.roleOf(entry) !== null;
  }

  /** Monotonic instant at which this process does it; `Infinity`: it is not its to do. */
  #dueAt(entry: Entry, deed: Deed): number {
    const { journal, replica, roleOf, graceMs, now, stopped, counterOf } = this.#parts;
    const isReading = deed === "judge" || deed === "follow";
    if (isReading && stopped.aborted) return Infinity;
    const role = roleOf(entry);
    if (role === null || !replica.isTrusted) return Infinity;
    const settleWithinMs = entry.claim?.settleWithinMs ?? USUAL_SETTLE_WITHIN_MS;
    const roleWaits = {
      source: 0,
      duplicate: DUPLICATE_WAITS_MS,
      orphan: DUPLICATE_WAITS_MS + 2 * settleWithinMs,
    };
    const unconfigured =
      isReading && counterOf(entry.provider) === undefined ? UNCONFIGURED_WAITS_MS : 0;
    const waits = roleWaits[role] + unconfigured;
    if (deed !== "judge" || entry.claim === null) return this.#stateSince(entry) + waits;
    if (journal.isDriven(entry.claim.claimId)) return Infinity;
    const { liveSince } = replica;
    // What ended meanwhile may stand in the part that was not read.
    if (liveSince === Infinity) return now() + LOOK_AGAIN_MS;
    const seenAt = Math.max(replica.seenAt(entry.claim.claimId), liveSince);
    return seenAt + settleWithinMs + graceMs + waits;
  }

  #stateSince(entry: Entry): number {
    const state = [entry.phase, entry.claim?.claimId, entry.grants].join(" ");
    const known = this.#since.get(entry.key);
    if (known?.state === state) return known.at;
    const at = this.#parts.now();
    this.#since.set(entry.key, { state, at });
    return at;
  }

  #begin(entry: Entry, deed: Deed): void {
    const leave = new AbortController();
    const follows = deed === "follow" ? 1 : 0;
    if (deed === "follow") this.#following.set(entry.key, leave);
    this.#countFollowed(entry, follows);
    this.#work
      .run(nameOf(deed, entry), async () => this.#deeds.do(deed, entry, leave.signal))
      .finally(() => {
        this.#countFollowed(entry, -follows);
        if (this.#following.get(entry.key) === leave) this.#following.delete(entry.key);
      })
      .then(() => this.#ended(entry))
      .catch((error: unknown) => this.#parts.onFailure(error));
  }

  /** What it was done for moved on by that; where it did not, there is no hurry to do it again. */
  #ended(entry: Entry): void {
    const { key, provider } = entry;
    if (this.#parts.replica.of(provider).entry(key) !== entry) {
      this.#reconsider(entry);
      return;
    }
    this.#clearTimer(key);
    this.#timers.set(
      key,
      setTimeout(() => this.#reconsider(entry), LOOK_AGAIN_MS),
    );
  }

  #countFollowed({ provider }: Entry, change: number): void {
    this.#followed.set(provider, this.followedOf(provider) + change);
  }

  #stop(): void {
    for (const leave of this.#following.values()) leave.abort();
  }

  #clearTimer(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}

function nameOf(deed: Deed, { key, claim, grants }: Entry): string {
  return `${deed} ${grants} ${claim?.claimId ?? ""} ${key}`;
}
