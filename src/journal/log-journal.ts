import { randomUUID } from "node:crypto";
import type { GuardLimits, LeftOut } from "../domain/guard-limits.ts";
import type { Taken } from "../domain/taken.ts";
import type { RerunRequest, Source } from "../domain/rerun-request.ts";
import type { Packing } from "../lanes/waiting-request.ts";
import { AppendQueues } from "./append-queues.ts";
import type { Entry } from "./claim-entry.ts";
import type { Change, ClaimDecided, Refusal } from "./change.ts";
import { keyOf } from "./digest.ts";
import { EntryWaits } from "./entry-waits.ts";
import type { JournalLog } from "./journal-log.ts";
import type { AskedRequest, ClaimRecord, JournalRecord, Told } from "./journal-record.ts";
import type { JournalReplica, ReplicaListener } from "./journal-replica.ts";
import type {
  Claim,
  ClaimAsk,
  Claimed,
  ClaimTerms,
  Closing,
  Journal,
  NotGranted,
  Released,
  Standing,
} from "./journal.ts";
import { OwnClaims } from "./own-claims.ts";
import { OwnGuards } from "./own-guards.ts";
import { ReservedTargets } from "./reserved-targets.ts";
import { askedIn, standingIn } from "./standing.ts";

export interface LogJournalParts {
  readonly replica: JournalReplica;
  readonly log: Pick<JournalLog, "append">;
  readonly packing: Pick<Packing, "pack">;
  /** This process, and no other before or after it. */
  readonly instance: string;
  readonly callWithinMs: number;
  /** How long a finished request is to be remembered. */
  readonly windowMs: number;
  /** What the guards of a connection allow; null: everything. */
  readonly guardsOf: (provider: string) => GuardLimits | null;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Targets that this process was about to claim are free again. */
  readonly onFreed: (provider: string, targets: readonly string[]) => void;
  readonly onTrouble: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The journal as a log that all instances append to and read: its order decides. */
export class LogJournal implements Journal, ReplicaListener {
  readonly #parts: LogJournalParts;
  readonly #queues: AppendQueues;
  readonly #claims: OwnClaims;
  readonly #guards: OwnGuards;
  readonly #reserved = new ReservedTargets();
  readonly #waits: EntryWaits;
  readonly #closings = new Map<string, (why: Refusal | null) => void>();

  constructor(parts: LogJournalParts) {
    this.#parts = parts;
    const { replica, log, now, signal, onTrouble, onFailure, instance } = parts;
    this.#queues = new AppendQueues({
      ...{ log, now, signal, onTrouble },
      partitionOf: (provider) => replica.partitionOf(provider),
    });
    this.#claims = new OwnClaims({ queues: this.#queues, instance, now, onFailure });
    this.#guards = new OwnGuards(parts);
    this.#waits = new EntryWaits(signal);
    replica.listen(this);
  }

  get isOpen(): boolean {
    return this.#parts.replica.isOpen;
  }

  position(provider: string): bigint {
    return this.#parts.replica.of(provider).position;
  }

  isHeld(provider: string, target: string): boolean {
    if (this.#reserved.has(provider, target)) return true;
    return this.#parts.replica.of(provider).targets.isHeld(provider, target);
  }

  mayClaim(provider: string, requestId: string): boolean {
    const key = keyOf(provider, requestId);
    const state = this.#parts.replica.of(provider);
    const entry = state.entry(key);
    return entry === undefined ? !state.finished.has(key) : entry.phase === "free";
  }

  forbidden(request: RerunRequest): readonly LeftOut[] {
    return this.#guards.forbidden(request);
  }

  isDriven(claimId: string): boolean {
    return this.#claims.isDriven(claimId);
  }

  /** How many claims this process holds or is about to. */
  get drivenCount(): number {
    return this.#claims.size;
  }

  /** Its queues that have anything to write, by their names. */
  get queues(): AppendQueues["byName"] {
    return this.#queues.byName;
  }

  standing(provider: string, requestId: string, digest: string, source: Source): Standing {
    const name = { provider, requestId, digest, source };
    return standingIn(this.#parts.replica.of(provider), name);
  }

  async claim(
    provider: string,
    asks: readonly ClaimAsk[],
    { connectTimeoutMs, callTimeoutMs }: ClaimTerms,
  ): Promise<Claimed> {
    const { replica, packing, now, callWithinMs, windowMs, instance } = this.#parts;
    const guards = this.#guards.ofClaim(provider);
    const sent = now();
    const writeBy = sent + callWithinMs + connectTimeoutMs;
    const claimId = randomUUID();
    const claim = { claimId, provider, writeBy, settledBy: writeBy + callTimeoutMs };
    const refused = new Map<string, NotGranted>();
    const requests: AskedRequest[] = [];
    for (const ask of asks) {
      const asked = { ...askedIn(replica.of(provider), ask, packing), ...this.#guards.ofAsk(ask) };
      const why = this.isOpen ? this.#foreseen({ provider, claimId, ...guards }, asked) : "lapsed";
      if (why === null) requests.push(asked);
      else refused.set(asked.requestId, why);
    }
    if (requests.length === 0) return { claim, granted: new Map(), refused };

    const targets = requests.flatMap((request) => request.targets);
    this.#reserved.add(provider, targets);
    const settleWithinMs = claim.settledBy - sent;
    const decided = await this.#claims.ask(
      {
        ...{ kind: "CLAIM", provider, claimId, instance, requests },
        ...{ callWithinMs, settleWithinMs, windowMs, ...guards },
      },
      sent + callWithinMs,
    );
    this.#reserved.remove(provider, targets);
    const granted = new Map(decided?.granted.map((one) => [one.request.requestId, one.tries]));
    for (const { requestId, why } of decided?.refused ?? []) {
      if (!granted.has(requestId)) refused.set(requestId, why);
    }
    if (decided === null) for (const { requestId } of requests) refused.set(requestId, "lapsed");
    const left = requests.filter(({ requestId }) => !granted.has(requestId));
    const freed = left.flatMap((one) => one.targets).filter((one) => !this.isHeld(provider, one));
    if (freed.length > 0) this.#parts.onFreed(provider, freed);
    return { claim, granted, refused };
  }

  async release(
    { claimId, provider }: Claim,
    requestIds: readonly string[],
    { called, why }: Released,
  ): Promise<void> {
    const record = { kind: "RELEASE", provider, claimId, requestIds, called, why } as const;
    await this.#queues.write(provider, record);
    await this.#untilLeft(provider, claimId, requestIds, ["claimed"]);
    this.#claims.letGo(claimId, requestIds);
  }

  async accepted(
    { claimId, provider }: Pick<Claim, "claimId" | "provider">,
    results: ReadonlyMap<string, { readonly taken: Taken; readonly told: Told }>,
  ): Promise<void> {
    const ids = [...results.keys()];
    const told = [...results].map(([requestId, result]) => ({ requestId, ...result }));
    await this.#queues.write(provider, { kind: "ACCEPTED", provider, claimId, results: told });
    await this.#untilLeft(provider, claimId, ids, ["claimed"]);
    this.#claims.letGo(claimId, ids);
  }

  async done(
    { claimId, provider }: Pick<Claim, "claimId" | "provider">,
    results: ReadonlyMap<string, Told>,
  ): Promise<void> {
    const ids = [...results.keys()];
    const told = [...results].map(([requestId, one]) => {
      return { requestId, told: this.#guards.told({ provider, claimId }, requestId, one) };
    });
    await this.#queues.write(provider, { kind: "DONE", provider, claimId, results: told });
    await this.#untilLeft(provider, claimId, ids, ["claimed", "accepted"]);
    this.#claims.letGo(claimId, ids);
  }

  async close(closing: Closing, told: Told): Promise<Refusal | null> {
    const { echo, digest, source, receivedAt, trace } = closing;
    const { provider, requestId } = echo;
    const { instance, windowMs } = this.#parts;
    const guards = this.#guards.ofClose(closing, told);
    const key = keyOf(provider, requestId);
    for (;;) {
      // What the journal decides of a CLOSE names the request, not the asking: one at a time.
      while (this.#closings.has(key)) {
        await this.#waits.until(key, () => !this.#closings.has(key));
      }
      const attempt = (this.#parts.replica.of(provider).entry(key)?.grants ?? 0) + 1;
      const decided = new Promise<Refusal | null>((resolve) => this.#closings.set(key, resolve));
      const introduced = { requestId, digest, attempt, source, receivedAt, trace };
      const asked = { ...introduced, echo, told, ...guards.request };
      await this.#queues.write(provider, {
        ...{ kind: "CLOSE", provider, instance, windowMs, ...guards.record, requests: [asked] },
      });
      const why = await this.#waits.unlessEnded(decided);
      if (why !== "fenced") return why;
    }
  }

  async published(provider: string, requestId: string, which: "accepted" | "final"): Promise<void> {
    const key = keyOf(provider, requestId);
    const record = { kind: "PUBLISHED", provider, requestIds: [requestId], which } as const;
    await this.#queues.write(provider, record);
    const phase = which === "accepted" ? "accepted" : "done";
    await this.#waits.until(key, () => {
      const entry = this.#parts.replica.of(provider).entry(key);
      return entry?.phase !== phase || entry.taken?.isPublished === true;
    });
  }

  /**
   * Appends a record that belongs to no connection. Resolves with true when it is acknowledged, with
   * false when all waiting ends before.
   */
  async append(partition: number, record: JournalRecord): Promise<boolean> {
    return this.#queues.appendTo(partition, record);
  }

  changed(change: Change): void {
    if (change.kind === "claimed") this.#claimDecided(change);
    if (change.kind === "closed" && change.instance === this.#parts.instance) {
      for (const { key } of change.granted) this.#closed(key, null);
      for (const { key, why } of change.refused) this.#closed(key, why);
    }
    if ("entry" in change) this.#waits.moved(change.entry.key);
  }

  opened(): void {
    // Claims are asked for by the lanes, which hear of it themselves.
  }

  #claimDecided(change: ClaimDecided): void {
    for (const { key } of change.granted) this.#waits.moved(key);
    this.#claims.decided(change);
  }

  /** Why the request would not be granted, as far as can be seen before asking. */
  #foreseen(
    terms: Pick<ClaimRecord, "provider" | "claimId" | "guards">,
    asked: AskedRequest,
  ): NotGranted | null {
    const { provider } = terms;
    const { requestId, digest, source, targets } = asked;
    const standing = this.standing(provider, requestId, digest, source);
    if (standing.kind === "conflict" || standing.kind === "finished") return standing.kind;
    if (standing.kind === "open" && standing.entry.phase !== "free") return "taken";
    if (targets.some((target) => this.isHeld(provider, target))) return "target-held";
    return this.#guards.foreseen(terms, asked);
  }

  #closed(key: string, why: Refusal | null): void {
    this.#closings.get(key)?.(why);
    this.#closings.delete(key);
    this.#waits.moved(key);
  }

  /** Waits until none of the requests is in one of the phases under this claim. */
  async #untilLeft(
    provider: string,
    claimId: string,
    requestIds: readonly string[],
    phases: readonly Entry["phase"][],
  ): Promise<void> {
    for (const id of requestIds) {
      const key = keyOf(provider, id);
      await this.#waits.until(key, () => {
        const entry = this.#parts.replica.of(provider).entry(key);
        return entry?.claim?.claimId !== claimId || !phases.includes(entry.phase);
      });
    }
  }
}
