import type { Entry } from "../../src/journal/claim-entry.ts";
import type { Source } from "../../src/domain/rerun-request.ts";
import type { Change } from "../../src/journal/change.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type { CompletedOffsets } from "../../src/journal/journal-record.ts";
import { decodeRecord } from "../../src/journal/record-codec.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import type { Alarm } from "./alarm.ts";
import { GuardAudit } from "./guard-audit.ts";
import { changeText, recordText, savedText } from "./journal-texts.ts";

/** One right to call that was given. */
export interface Grant {
  readonly claimId: string;
  readonly key: string;
  readonly requestId: string;
  readonly targets: readonly string[];
  /** Virtual time. */
  readonly at: number;
}

export interface JournalAuditParts {
  readonly partitions: number;
  readonly alarm: Alarm;
  /** Milliseconds of virtual time. */
  readonly now: () => number;
  /** For how long after its end a request must be known, by the log's time. */
  readonly windowMs: number;
  /** Calls of a request that surely did not execute, at the most. */
  readonly maxAttempts: (provider: string) => number;
  readonly nameOf: (claimId: string) => string;
  readonly note: (text: string) => void;
  /** A final verdict is told as published. */
  readonly published: (entry: Entry) => void;
  readonly completed: (partitions: readonly CompletedOffsets[]) => void;
}

/**
 * Applies every record of the journal the moment it is appended, from the very first one: what the
 * log says, whoever has read how much of it. Every replica must come to the same.
 */
export class JournalAudit {
  readonly states: readonly ClaimStates[];
  readonly #parts: JournalAuditParts;
  /** Partition → offset → what its record changed. */
  readonly #changes: readonly string[][][];
  /** Partition → offset → when it was appended, virtual time. */
  readonly #appendedAt: readonly number[][];
  readonly #borders = new Map<string, string>();
  readonly #grants = new Map<string, Grant[]>();
  readonly #claims = new Map<string, Grant[]>();
  readonly #finals = new Map<string, Entry>();
  /** Where the record stands that was granted or closed first, by the request's key. */
  readonly #sources = new Map<string, Source>();
  /** Partition → the key of a request whose end is told → until when it must be known, log time. */
  readonly #knownUntil: readonly Map<string, number>[];
  readonly #guards: GuardAudit;
  #kinds: string[] = [];

  constructor(parts: JournalAuditParts) {
    this.#parts = parts;
    this.#guards = new GuardAudit(parts.alarm);
    this.states = Array.from({ length: parts.partitions }, (_, index) => new ClaimStates(index));
    this.#changes = this.states.map(() => []);
    this.#appendedAt = this.states.map(() => []);
    this.#knownUntil = this.states.map(() => new Map());
  }

  /** A record was appended. */
  note({ partition, offset, value, timestamp }: KafkaRecord): void {
    const { note, nameOf, completed, now } = this.#parts;
    const decoded = decodeRecord(value);
    const record = decoded.kind === "record" ? decoded.record : null;
    const states = this.states[partition];
    if (states === undefined) return;
    const changes = states.apply(record, { offset, appendedAt: Number(timestamp) });
    this.#changes[partition]?.push(changes.map(changeText));
    this.#appendedAt[partition]?.push(now());
    this.#kinds.push(record?.kind ?? "unreadable");
    const place = `${partition}/${offset}`;
    note(`${place} ${record === null ? "unreadable" : recordText(record, changes, nameOf)}`);
    if (record?.kind === "CHECKPOINTED") completed(record.partitions);
    for (const change of changes) this.#learn(change, states);
    this.#guards.note(record, changes, states.logTime);
    this.#checkTargets(states);
  }

  /** The kinds of the records that were appended since it was last asked. */
  takeKinds(): readonly string[] {
    const kinds = this.#kinds;
    this.#kinds = [];
    return kinds;
  }

  /** A replica came to the `index`-th change of a record: it must be this log's. */
  compare(who: string, partition: number, offset: bigint, index: number, change: Change): void {
    const expected = this.#changes[partition]?.[Number(offset)]?.[index];
    const found = changeText(change);
    if (expected === found) return;
    this.#parts.alarm.raise(
      `${who} reads ${partition}/${offset} as ${found}, and it is ${expected ?? "nothing"}`,
    );
  }

  /** A process begins with these states: they must be what the log makes of the part before. */
  compareBeginning(who: string, states: readonly ClaimStates[]): void {
    for (const state of states) {
      if (state.position === 0n) continue;
      const expected = this.#borders.get(`${state.journalPartition}/${state.position}`);
      if (expected === savedText(state)) continue;
      const what = `journal partition ${state.journalPartition} at ${state.position}`;
      this.#parts.alarm.raise(`${who} begins with another state of ${what} than the log makes`);
    }
  }

  /** A process has read as much as it has: where that is all, its states must be these. */
  compareEnd(who: string, states: readonly ClaimStates[]): void {
    for (const [index, state] of states.entries()) {
      const own = this.states[index];
      if (own?.position !== state.position || savedText(own) === savedText(state)) continue;
      this.#parts.alarm.raise(`${who} ends with another state of journal partition ${index}`);
    }
  }

  /** How long the oldest record waits that a replica has not read; 0 when there is none. */
  unreadForMs(states: readonly ClaimStates[]): number {
    const ages = states.map(({ journalPartition, position }) => {
      const at = this.#appendedAt[journalPartition]?.[Number(position)];
      return at === undefined ? 0 : this.#parts.now() - at;
    });
    return Math.max(0, ...ages);
  }

  /** The rights that a CLAIM gave. */
  grantsOf(claimId: string): readonly Grant[] {
    return this.#claims.get(claimId) ?? [];
  }

  /** The rights to call a request that were given, in their order. */
  grantsTo(key: string): readonly Grant[] {
    return this.#grants.get(key) ?? [];
  }

  /** The request as its final verdict left it; undefined: there is none. */
  finalOf(provider: string, requestId: string): Entry | undefined {
    return this.#finals.get(keyOf(provider, requestId));
  }

  /** The record whose content its id stands for; undefined: not decided yet. */
  sourceOf(provider: string, requestId: string): Source | undefined {
    return this.#sources.get(keyOf(provider, requestId));
  }

  /** Whether the claim holds the request now. */
  isHeldBy({ key, claimId }: Grant): boolean {
    const entry = this.states.map((state) => state.entry(key)).find((one) => one !== undefined);
    return entry?.phase === "claimed" && entry.claim.claimId === claimId;
  }

  #learn(change: Change, states: ClaimStates): void {
    const { alarm, published, windowMs } = this.#parts;
    const { journalPartition: partition, logTime } = states;
    if (change.kind === "claimed") for (const entry of change.granted) this.#grant(entry);
    if (change.kind === "closed") for (const entry of change.granted) this.#finish(entry);
    if (change.kind === "done") this.#finish(change.entry);
    if (change.kind === "published") {
      this.#knownUntil[partition]?.set(change.entry.key, logTime + windowMs);
      published(change.entry);
    }
    if (change.kind === "border") {
      this.#borders.set(`${partition}/${change.position}`, savedText(states));
      this.#checkMemory(states);
    }
    if (change.kind !== "released") return;
    const { tries, provider, request } = change.entry;
    const most = this.#parts.maxAttempts(provider);
    if (tries > most) alarm.raise(`${request.requestId} has ${tries} tries of ${most}`);
  }

  #grant({ key, request, claim }: Entry): void {
    if (claim === null) return;
    if (!this.#sources.has(key)) this.#sources.set(key, request.source);
    const { claimId, targets } = claim;
    const at = this.#parts.now();
    const grant: Grant = { claimId, key, requestId: request.requestId, targets, at };
    const before = this.grantsTo(key);
    if (before.some((one) => one.claimId === claimId)) {
      const { alarm, nameOf } = this.#parts;
      alarm.raise(`${request.requestId} was granted to ${nameOf(claimId)} twice`);
    }
    this.#grants.set(key, [...before, grant]);
    this.#claims.set(claimId, [...this.grantsOf(claimId), grant]);
  }

  #finish(entry: Entry): void {
    const { key, request } = entry;
    if (this.#finals.has(key)) this.#parts.alarm.raise(`${request.requestId} ended twice`);
    this.#finals.set(key, entry);
    if (!this.#sources.has(key)) this.#sources.set(key, request.source);
  }

  /** Whoever comes again within the window must be recognised. */
  #checkMemory({ journalPartition, logTime, finished }: ClaimStates): void {
    for (const [key, until] of this.#knownUntil[journalPartition] ?? []) {
      if (until < logTime || finished.has(key)) continue;
      const requestId = this.#finals.get(key)?.request.requestId;
      this.#parts.alarm.raise(`${requestId} is forgotten ${until - logTime} ms before its time`);
    }
  }

  /** One rerun must not be evidence for two calls. */
  #checkTargets(states: ClaimStates): void {
    const holders = new Map<string, string>();
    for (const { provider, claim } of states.entries) {
      for (const target of claim?.targets ?? []) {
        const name = `${provider}/${target}`;
        const holder = holders.get(name) ?? claim?.claimId;
        if (holder !== claim?.claimId) this.#parts.alarm.raise(`two claims hold target ${name}`);
        if (holder !== undefined) holders.set(name, holder);
      }
    }
  }
}
