import { assertNever } from "../domain/assert-never.ts";
import type { Entry, EntryClaim, EntryFacts } from "./claim-entry.ts";
import { type Completed, CompletedSources } from "./completed-sources.ts";
import { keyOf } from "./digest.ts";
import { FinishedRequests, type OpenStretch } from "./finished-requests.ts";
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
  JournalRecordKind,
  PublishedRecord,
  ReleaseRecord,
} from "./journal-record.ts";
import type { Known, SealedSegment } from "./sealed-segment.ts";

/** Where a record stands in its partition. */
export interface LogPlace {
  readonly offset: bigint;
  /** When the broker appended it, milliseconds by its clock. */
  readonly appendedAt: number;
}

/** Why a request of a CLAIM or a CLOSE was not granted. */
export type Refusal =
  /** Another request has this id. */
  | "conflict"
  /** Its final outcome is out. */
  | "finished"
  /** Somebody holds it, or its verdict stands. */
  | "taken"
  /** The record is late, or a copy: its attempt is over or not due. */
  | "fenced"
  /** Another claim holds one of its targets. */
  | "target-held"
  /** Another claim held one of its targets since the reading before. */
  | "target-moved";

/** Which requests of a CLAIM or a CLOSE were granted. */
interface Decision {
  /** The process that asked. */
  readonly instance: string;
  readonly granted: readonly Entry[];
  readonly refused: readonly {
    readonly key: string;
    readonly requestId: string;
    readonly why: Refusal;
  }[];
}

/** A CLAIM was decided. */
export interface ClaimDecided extends Decision {
  readonly kind: "claimed";
  readonly claimId: string;
}

/** A CLOSE was decided. */
export interface CloseDecided extends Decision {
  readonly kind: "closed";
}

/** What a record changed, for those who act on it. */
export type Change =
  | ClaimDecided
  | CloseDecided
  | {
      readonly kind: "released" | "accepted" | "done" | "accepted-published" | "published";
      readonly entry: Entry;
    }
  /** These targets are free now. */
  | { readonly kind: "freed"; readonly provider: string; readonly targets: readonly string[] }
  /** A stretch of the journal ended at this position. */
  | { readonly kind: "border"; readonly position: bigint }
  /** A record, or one request in it, had no effect. */
  | { readonly kind: "ignored"; readonly record: JournalRecordKind; readonly why: string };

/** The whole state at a border, in a form that can be written down. */
export interface SavedStates {
  readonly position: bigint;
  readonly logTime: number;
  readonly entries: readonly Entry[];
  readonly targets: ReturnType<HeldTargets["saved"]>;
  readonly completed: readonly Completed[];
  readonly stretch: OpenStretch;
}

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
  known(key: string, digest: string, source: { partition: number; offset: bigint }): Known | undefined {
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
    if (!isSealed && this.finished.recentCount < SEAL_AT) return changes;
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
    };
  }

  /** Begins with what `saved` gave, before the first record is applied. */
  restore(saved: SavedStates, segments: readonly SealedSegment[]): void {
    this.#position = saved.position;
    this.#border = saved.position;
    this.#logTime = saved.logTime;
    this.#entries.clear();
    for (const entry of saved.entries) this.#entries.set(entry.key, entry);
    this.targets.restore(saved.targets);
    this.completed.restore(saved.completed);
    this.finished.restore(saved.stretch, segments);
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
    this.finished.needsWindow(record.windowMs);
    const granted: Entry[] = [];
    const refused: { key: string; requestId: string; why: Refusal }[] = [];
    for (const asked of record.requests) {
      const why = this.#refusal(record.provider, asked) ?? this.#objection(record, asked);
      if (why === null) granted.push(this.#grant(record, asked));
      else refused.push({ ...identityOf(record.provider, asked), why });
    }
    const { claimId, instance } = record;
    return { kind: "claimed", claimId, instance, granted, refused };
  }

  #close(record: CloseRecord): Change {
    this.finished.needsWindow(record.windowMs);
    const { provider, instance } = record;
    const granted: Entry[] = [];
    const refused: { key: string; requestId: string; why: Refusal }[] = [];
    for (const closed of record.requests) {
      const why = this.#refusal(provider, closed);
      if (why !== null) {
        refused.push({ ...identityOf(provider, closed), why });
        continue;
      }
      const facts = this.#factsOf(provider, closed, null, closed.echo);
      const told = closed.told;
      granted.push(this.#set({ ...facts, phase: "done", claim: null, taken: null, told }));
    }
    return { kind: "closed", instance, granted, refused };
  }

  /** Why the request may not be claimed or closed at all. */
  #refusal(provider: string, asked: AskedRequest | ClosedRequest): Refusal | null {
    const key = keyOf(provider, asked.requestId);
    const finished = this.known(key, asked.digest, asked.source);
    if (finished !== undefined) return finished.isSameContent ? "finished" : "conflict";
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.digest !== asked.digest) return "conflict";
    if (entry !== undefined && entry.phase !== "free") return "taken";
    return asked.attempt === (entry?.grants ?? 0) + 1 ? null : "fenced";
  }

  #objection({ provider, claimId }: ClaimRecord, asked: AskedRequest): Refusal | null {
    const { evidenceAt } = asked;
    for (const target of asked.targets) {
      const why = this.targets.objection(provider, target, { claimId, evidenceAt });
      if (why !== null) return why;
    }
    return null;
  }

  #grant(record: ClaimRecord, asked: AskedRequest): Entry {
    const { provider, claimId, instance, settleWithinMs } = record;
    const { targets, before } = asked;
    const rivals = targets.filter((one) => this.targets.hasRival(provider, one, this.#logTime));
    for (const target of targets) this.targets.hold(provider, target, claimId);
    const logTime = this.#logTime;
    const claim: EntryClaim = {
      ...{ claimId, instance, settleWithinMs, targets, before, rivals, logTime },
    };
    const facts = this.#factsOf(provider, asked, asked.packed, null);
    return this.#set({ ...facts, phase: "claimed", claim, taken: null, told: null });
  }

  #factsOf(
    provider: string,
    asked: AskedRequest | ClosedRequest,
    packed: string | null,
    echo: ClosedRequest["echo"] | null,
  ): EntryFacts {
    const { requestId, source, receivedAt, trace, digest } = asked;
    const key = keyOf(provider, requestId);
    const { grants = 0, tries = 0, releasedWhy = null } = this.#entries.get(key) ?? {};
    const request = { requestId, source, receivedAt, trace, packed, echo };
    return { key, provider, digest, request, grants: grants + 1, tries, releasedWhy };
  }

  #release(record: ReleaseRecord): readonly Change[] {
    return record.requestIds.flatMap((id) => {
      const entry = this.#entries.get(keyOf(record.provider, id));
      if (entry?.phase !== "claimed" || entry.claim.claimId !== record.claimId) {
        return [ignored("RELEASE", notTheHolder(entry))];
      }
      const tries = entry.tries + (record.called ? 1 : 0);
      const { key, provider, digest, request, grants } = entry;
      const facts = { key, provider, digest, request, grants, tries, releasedWhy: record.why };
      const free = this.#set({ ...facts, phase: "free", claim: null, taken: null, told: null });
      return [{ kind: "released", entry: free }, ...this.#freeTargets(entry, entry.claim, false)];
    });
  }

  #accept(record: AcceptedRecord, result: AcceptedRecord["results"][number]): Change {
    const entry = this.#entries.get(keyOf(record.provider, result.requestId));
    if (entry?.phase !== "claimed" || entry.claim.claimId !== record.claimId) {
      return ignored("ACCEPTED", notTheHolder(entry));
    }
    const { taken, told } = result;
    const accepted = { taken, told, logTime: this.#logTime, isPublished: false };
    return {
      kind: "accepted",
      entry: this.#set({ ...entry, phase: "accepted", taken: accepted }),
    };
  }

  #finish(record: DoneRecord, result: DoneRecord["results"][number]): readonly Change[] {
    const entry = this.#entries.get(keyOf(record.provider, result.requestId));
    const isOpen = entry?.phase === "claimed" || entry?.phase === "accepted";
    if (!isOpen || entry.claim.claimId !== record.claimId) {
      return [ignored("DONE", notTheHolder(entry))];
    }
    const { told } = result;
    const done = this.#set({ ...entry, phase: "done", claim: null, taken: null, told });
    // What the provider refused as a whole left no run that could be taken for another's.
    const mayHaveRun = told.verdict.status !== "REJECTED";
    return [{ kind: "done", entry: done }, ...this.#freeTargets(entry, entry.claim, mayHaveRun)];
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
    this.finished.add({ key: entry.key, digest: entry.digest, partition, offset });
    return { kind: "published", entry };
  }

  #checkpoint(record: CheckpointedRecord): readonly Change[] {
    for (const one of record.partitions) this.completed.learn(one, this.#position);
    return [];
  }

  #freeTargets(
    { provider }: Entry,
    { claimId, targets }: EntryClaim,
    mayHaveRun: boolean,
  ): readonly Change[] {
    const at = { claimId, position: this.#position, logTime: this.#logTime, mayHaveRun };
    const freed = targets.filter((target) => this.targets.free(provider, target, at));
    return freed.length === 0 ? [] : [{ kind: "freed", provider, targets: freed }];
  }

  #seal(): void {
    const { journalPartition } = this;
    const at = { journalPartition, position: this.#position, logTime: this.#logTime };
    this.finished.seal(at, this.completed);
    this.#border = this.#position;
  }

  #set<E extends Entry>(entry: E): E {
    this.#entries.set(entry.key, entry);
    return entry;
  }
}

function ignored(record: JournalRecordKind, why: string): Change {
  return { kind: "ignored", record, why };
}

function identityOf(
  provider: string,
  { requestId }: { readonly requestId: string },
): { readonly key: string; readonly requestId: string } {
  return { key: keyOf(provider, requestId), requestId };
}

function notTheHolder(entry: Entry | undefined): string {
  if (entry === undefined) return "it is finished or was never claimed";
  return entry.phase === "claimed" || entry.phase === "accepted"
    ? `it is ${entry.phase}, and not by this claim or not from there`
    : `it is ${entry.phase}`;
}
