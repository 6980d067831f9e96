import { assertNever } from "../domain/assert-never.ts";
import type {
  Change,
  ClaimDecided,
  LogPlace,
  Refusal,
  SavedSegments,
  SavedStates,
} from "./change.ts";
import type { Entry, EntryClaim } from "./claim-entry.ts";
import { leaveTargets, takeTargets, targetObjection } from "./claim-targets.ts";
import { CompletedSources } from "./completed-sources.ts";
import { keyOf } from "./digest.ts";
import { claimedEntry, closedEntry, refusalOf, releasedEntry } from "./entry-steps.ts";
import { FinishedRequests } from "./finished-requests.ts";
import { Guards } from "./guards/guards.ts";
import { HeldTargets } from "./held-targets.ts";
import type {
  AcceptedRecord,
  AskedRequest,
  CheckpointedRecord,
  ClaimRecord,
  ClosedRequest,
  CloseRecord,
  DoneRecord,
  JournalRecord,
  PublishedRecord,
  ReleaseRecord,
} from "./journal-record.ts";
import { ignored, notTheHolder } from "./no-effect.ts";
import type { Known } from "./sealed-segment.ts";

/** So many finished requests make a segment. Part of the protocol version. */
const SEAL_AT = 16_384;

/**
 * Who may call, and what became of every call, in one partition of the journal: the state that
 * follows from its records, applied in their order.
 *
 * ```
 *            CLAIM                    ACCEPTED
 *   free ───────────────▶ claimed ───────────────▶ accepted
 *    ▲  ◀──────────────────  │                        │
 *    │        RELEASE        │ DONE                   │ DONE
 *    │                       ▼                        │
 * unknown ──── CLOSE ─────▶ done ◀────────────────────┘
 *    (and free)              │ PUBLISHED
 *                            ▼
 *                        finished
 * ```
 *
 * Every instance applies every record and comes to the same state: nothing here depends on a clock,
 * on configuration or on who reads. All that does not fit the state is ignored, so late and doubled
 * copies of any record do no harm.
 */
export class ClaimStates {
  readonly journalPartition: number;
  readonly finished = new FinishedRequests();
  readonly targets = new HeldTargets();
  readonly completed = new CompletedSources();
  readonly guards = new Guards();
  readonly #entries = new Map<string, Entry>();
  #position = 0n;
  #logTime = 0;
  #border = 0n;

  constructor(journalPartition: number) {
    this.journalPartition = journalPartition;
  }

  /** The offset behind the last applied record. */
  get position(): bigint {
    return this.#position;
  }

  /** The latest time that a record was appended at, milliseconds by the brokers' clocks. */
  get logTime(): number {
    return this.#logTime;
  }

  /** The position of the last border. */
  get border(): bigint {
    return this.#border;
  }

  /** All requests that are not finished. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  get openCount(): number {
    return this.#entries.size;
  }

  entry(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** How a finished request with this key is known; undefined: none is. */
  known(
    key: string,
    digest: string,
    source: { partition: number; offset: bigint },
  ): Known | undefined {
    return this.finished.find({ key, digest, partition: source.partition, offset: source.offset });
  }

  /** Nothing below is known or will be: the first record to be applied stands here. */
  beginAt(position: bigint): void {
    this.#position = position;
    this.#border = position;
  }

  /** Applies the record at the place, which must be the present position. Null: it is unreadable. */
  apply(record: JournalRecord | null, place: LogPlace): readonly Change[] {
    if (place.offset !== this.#position) {
      throw new Error(`record ${place.offset} came where ${this.#position} was due`);
    }
    this.#position = place.offset + 1n;
    this.#logTime = Math.max(this.#logTime, place.appendedAt);
    this.targets.forget(this.#logTime);
    const changes = record === null ? [] : this.#effectOf(record);
    const isSealed = record?.kind === "CHECKPOINTED" && record.seal;
    if (!isSealed && this.finished.recentCount < SEAL_AT && !this.guards.isFull) return changes;
    this.#seal();
    return [...changes, { kind: "border", position: this.#position }];
  }

  /** The state now. Right after a border it is a function of the journal alone. */
  saved(): SavedStates {
    return {
      position: this.#position,
      logTime: this.#logTime,
      entries: [...this.#entries.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      targets: this.targets.saved(),
      completed: this.completed.saved(),
      stretch: this.finished.saved(),
      ...this.guards.saved(),
    };
  }

  /** Begins with what `saved` gave, before the first record is applied. */
  restore(saved: SavedStates, { segments, guardSegments }: SavedSegments): void {
    this.#position = saved.position;
    this.#border = saved.position;
    this.#logTime = saved.logTime;
    this.#entries.clear();
    for (const entry of saved.entries) this.#entries.set(entry.key, entry);
    this.targets.restore(saved.targets);
    this.completed.restore(saved.completed);
    this.finished.restore(saved.stretch, segments);
    this.guards.restore(saved.guards, guardSegments);
  }

  #effectOf(record: JournalRecord): readonly Change[] {
    switch (record.kind) {
      case "CLAIM":
        return [this.#claim(record)];
      case "CLOSE":
        return [this.#close(record)];
      case "RELEASE":
        return this.#release(record);
      case "ACCEPTED":
        return record.results.map((result) => this.#accept(record, result));
      case "DONE":
        return record.results.flatMap((result) => this.#finish(record, result));
      case "PUBLISHED":
        return record.requestIds.map((id) => this.#publish(record, id));
      case "CHECKPOINTED":
        return this.#checkpoint(record);
      default:
        return assertNever(record);
    }
  }

  #claim(record: ClaimRecord): Change {
    const { claimId, instance, requests } = record;
    const decided = this.#decide(record, requests, {
      objection: (asked) => targetObjection(this, record, asked, this.#logTime),
      grant: (key, asked) => this.#grant(key, record, asked),
    });
    return { kind: "claimed", claimId, instance, ...decided, granted: this.#share(decided) };
  }

  /** Those that were granted share a call. */
  #share({ granted }: Pick<ClaimDecided, "granted">): readonly Entry[] {
    if (granted.length < 2) return granted;
    return granted.map((entry) => {
      if (entry.phase !== "claimed") return entry;
      return this.#set({ ...entry, claim: { ...entry.claim, shared: granted.length } });
    });
  }

  #close(record: CloseRecord): Change {
    const { provider, instance, windowMs, requests } = record;
    const decided = this.#decide(record, requests, {
      objection: (closed) => this.guards.closeObjection(record, closed, this.#logTime),
      grant: (key, closed) => {
        this.guards.closed(record, closed, this.#logTime);
        return this.#set(closedEntry({ key, provider, windowMs }, closed, this.#entries.get(key)));
      },
    });
    return { kind: "closed", instance, ...decided };
  }

  /** One after the other: what one is granted may be in the way of the next. */
  #decide<R extends AskedRequest | ClosedRequest>(
    record: ClaimRecord | CloseRecord,
    requests: readonly R[],
    by: { objection: (one: R) => Refusal | null; grant: (key: string, one: R) => Entry },
  ): Pick<ClaimDecided, "granted" | "refused"> {
    this.finished.needsWindow(record.windowMs);
    this.guards.named(record);
    const granted: Entry[] = [];
    const refused: ClaimDecided["refused"][number][] = [];
    for (const one of requests) {
      const key = keyOf(record.provider, one.requestId);
      const finished = this.known(key, one.digest, one.source);
      const why = refusalOf(one, { entry: this.#entries.get(key), finished }) ?? by.objection(one);
      if (why === null) granted.push(by.grant(key, one));
      else refused.push({ key, requestId: one.requestId, why });
    }
    return { granted, refused };
  }

  #grant(key: string, record: ClaimRecord, asked: AskedRequest): Entry {
    const { provider, windowMs } = record;
    const claim = takeTargets(this, record, asked, this.#logTime);
    const granted = { key, provider, windowMs };
    return this.#set(claimedEntry(granted, asked, this.#entries.get(key), claim));
  }

  #release(record: ReleaseRecord): readonly Change[] {
    return record.requestIds.flatMap((id) => {
      const entry = this.#entries.get(keyOf(record.provider, id));
      if (entry?.phase !== "claimed" || entry.claim.claimId !== record.claimId) {
        return [ignored("RELEASE", notTheHolder(entry))];
      }
      const free = this.#set(releasedEntry(entry, record));
      return [{ kind: "released", entry: free }, ...this.#leave(entry, entry.claim, false)];
    });
  }

  #accept(record: AcceptedRecord, result: AcceptedRecord["results"][number]): Change {
    const entry = this.#entries.get(keyOf(record.provider, result.requestId));
    if (entry?.phase !== "claimed" || entry.claim.claimId !== record.claimId) {
      return ignored("ACCEPTED", notTheHolder(entry));
    }
    const { taken, told } = result;
    const what = { taken, told, logTime: this.#logTime, isPublished: false };
    const accepted = this.#set({ ...entry, phase: "accepted", taken: what });
    return { kind: "accepted", entry: accepted };
  }

  #finish(record: DoneRecord, result: DoneRecord["results"][number]): readonly Change[] {
    const entry = this.#entries.get(keyOf(record.provider, result.requestId));
    const isOpen = entry?.phase === "claimed" || entry?.phase === "accepted";
    if (!isOpen || entry.claim.claimId !== record.claimId) {
      return [ignored("DONE", notTheHolder(entry))];
    }
    const { told } = result;
    const done = this.#set({ ...entry, phase: "done", claim: null, taken: null, told });
    // What the provider refused as a whole left no run: none that could be taken for another's, and
    // none to count. What it took first may have run, whatever is said of its end.
    const mayHaveRun = entry.phase === "accepted" || told.verdict.status !== "REJECTED";
    return [{ kind: "done", entry: done }, ...this.#leave(entry, entry.claim, mayHaveRun)];
  }

  #publish({ provider, which }: PublishedRecord, requestId: string): Change {
    const entry = this.#entries.get(keyOf(provider, requestId));
    if (entry === undefined) return ignored("PUBLISHED", "it is finished or was never claimed");
    if (which === "accepted") {
      if (entry.phase !== "accepted" || entry.taken.isPublished) {
        return ignored("PUBLISHED", `it is ${entry.phase}`);
      }
      const taken = { ...entry.taken, isPublished: true };
      return { kind: "accepted-published", entry: this.#set({ ...entry, taken }) };
    }
    if (entry.phase !== "done") return ignored("PUBLISHED", `it is ${entry.phase}`);
    this.#entries.delete(entry.key);
    const { partition, offset } = entry.request.source;
    // The stretch in which it was granted may be over, and with it what that knew of its window.
    this.finished.needsWindow(entry.windowMs ?? 0);
    this.finished.add({ key: entry.key, digest: entry.digest, partition, offset });
    return { kind: "published", entry };
  }

  #checkpoint(record: CheckpointedRecord): readonly Change[] {
    return record.partitions
      .filter((one) => !this.completed.learn(one, this.#position))
      .map(({ partition }) => {
        return ignored("CHECKPOINTED", `partition ${partition} began anew since then`);
      });
  }

  #leave({ provider }: Entry, claim: EntryClaim, mayHaveRun: boolean): readonly Change[] {
    const at = { position: this.#position, logTime: this.#logTime, mayHaveRun };
    return leaveTargets(this, provider, claim, at);
  }

  #seal(): void {
    const { journalPartition } = this;
    const at = { journalPartition, position: this.#position, logTime: this.#logTime };
    this.finished.seal(at, this.completed);
    this.guards.seal(at);
    this.#border = this.#position;
  }

  #set<E extends Entry>(entry: E): E {
    this.#entries.set(entry.key, entry);
    return entry;
  }
}
