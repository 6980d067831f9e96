import { expiredVerdict } from "../admission/admit.ts";
import { assertNever } from "../domain/assert-never.ts";
import { type CallHistory, NEVER_CALLED, plainVerdict, type Verdict } from "../domain/outcome.ts";
import {
  isRequestId,
  type ReceivedRequest,
  type RerunRequest,
  type Source,
} from "../domain/rerun-request.ts";
import type { LeftOut } from "../domain/guard-limits.ts";
import { verdictOfSuppressed } from "../domain/left-out.ts";
import { type UnexecutedEnd, verdictOfExhausted } from "../domain/verdict.ts";
import type { Desk, Senseless } from "../inbound/desk.ts";
import type { RecallReason } from "../inbound/recall.ts";
import type { Change } from "../journal/change.ts";
import type { Entry } from "../journal/claim-entry.ts";
import { digestOf, keyOf } from "../journal/digest.ts";
import type { Called, EndedCall, LaneDesk, Worked } from "../lanes/lane-desk.ts";
import type { Counter, RequestDeskParts } from "./desk-parts.ts";
import {
  conflictOf,
  isSameSource,
  type Kept,
  KeptRequests,
  sourcesOf,
  takeLosers,
} from "./kept-requests.ts";
import { newsOf } from "./news-of-change.ts";
import { receivedFrom } from "./outcome-of.ts";
import type { Role } from "./settler.ts";
import { UnfinishedWork } from "./unfinished-work.ts";
import { verdictBeforeCall } from "./verdict-before-call.ts";
import { dyingVerdict, VerdictWriter } from "./verdict-writer.ts";

/**
 * Takes each request from its reception to the journal's final word about it: admission, lane, and
 * what a call's end means. What the journal says is acted on by the settler.
 *
 * A record is complete when its final outcome is known to be out, never before: a fact that never
 * changes again.
 */
export class RequestDesk implements Desk, LaneDesk {
  readonly #parts: RequestDeskParts;
  readonly #counters = new Map<string, Counter>();
  readonly #kept = new KeptRequests();
  readonly #work = new UnfinishedWork();
  readonly #verdicts: VerdictWriter;

  constructor(parts: RequestDeskParts) {
    this.#parts = parts;
    this.#verdicts = new VerdictWriter(parts);
  }

  /** Opens the counter of one provider connection; before the first request is received. */
  open(provider: string, counter: Counter): void {
    this.#counters.set(provider, counter);
  }

  receive(received: ReceivedRequest): ReturnType<Desk["receive"]> {
    return this.#take(received, null);
  }

  reject(senseless: Senseless): ReturnType<Desk["receive"]> {
    const { request, reason, source, receivedAt, trace } = senseless;
    const verdict = plainVerdict("REJECTED", reason);
    if (isRequestId(request.requestId)) {
      return this.#take({ request, source, receivedAt, trace }, verdict);
    }
    this.#begin(`reject ${source.partition}/${source.offset}`, async () => {
      await this.#verdicts.publishUnnamed(senseless);
      this.#parts.complete(source);
    });
    return { kind: "taken" };
  }

  forget(partition: number): ReadonlySet<bigint> {
    for (const counter of this.#counters.values()) {
      for (const received of counter.lane.forget(partition)) this.#succeed(keyOfReceived(received));
    }
    this.#parts.overflow.forget(partition);
    for (const key of this.#kept.forget(partition)) this.#succeed(key);
    return this.#kept.goingOn(partition);
  }

  expired({ received, history }: Worked): void {
    const notAfter = received.request.notAfter ?? this.#parts.epoch();
    this.#close(received, expiredVerdict(notAfter), history);
  }

  dying({ received, history }: Worked): void {
    this.#close(received, dyingVerdict(received.source), history);
  }

  exhausted({ received, history }: Worked, targets: readonly string[], end: UnexecutedEnd): void {
    const leftOut = this.#entryOf(received)?.leftOut ?? [];
    this.#close(received, verdictOfExhausted(end, targets, history.attempts, leftOut), history);
  }

  suppressed({ received, history }: Worked, forbidden: readonly LeftOut[]): void {
    this.#close(received, verdictOfSuppressed(forbidden), history);
  }

  elsewhere({ received }: Worked): void {
    this.#followJournal(received);
  }

  decided(called: readonly Called[], ended: EndedCall): void {
    for (const { received } of called) this.#entrust(received, "desk");
    this.#begin(`conclude ${ended.claim.claimId}`, async () => {
      const counter = this.#counterOf(ended.claim.provider);
      const shared = called.map((one) => ({ ...one, entry: this.#entryOf(one.received) }));
      const leaves = ({ received }: Worked): void => this.#followJournal(received);
      await this.#verdicts.conclude(shared, ended, { counter, leaves });
    });
  }

  keeps(received: ReceivedRequest): boolean {
    if (this.#parts.keeps(received.source)) return true;
    this.#succeed(keyOfReceived(received));
    return false;
  }

  failed(error: unknown): void {
    this.#parts.onFailure(error);
  }

  /** The journal moved. Synchronous, in log order. */
  changed(change: Change): void {
    const { moved, finished } = newsOf(change);
    for (const entry of moved) this.#moved(entry);
    if (finished === null) return;
    this.#parts.settler.finished(finished);
    this.#finished(finished);
  }

  /** Whose the entry is to settle. */
  roleOf({ key, request }: Entry): Role {
    const kept = this.#kept.get(key);
    if (kept === undefined) return this.#parts.ownsOrphan(key) ? "orphan" : null;
    const isOurs = sourcesOf(kept).some((source) => isSameSource(source, request.source));
    return isOurs ? "source" : "duplicate";
  }

  /** Whether any record of the entry's request is in this process's hands. */
  hasRecordOf({ key }: Entry): boolean {
    return this.#kept.has(key);
  }

  /** Takes a request over again that waited outside of memory. */
  recalled(received: ReceivedRequest, why: RecallReason): void {
    const verdict = why === "retention" ? dyingVerdict(received.source) : null;
    const taken = this.#take(received, verdict, "room");
    // Nobody who reads the topic waits for the answer any more.
    if (taken.kind === "conflict") this.#conflict(received.request, received.source);
  }

  /** Ends a free request whose record is gone from the requests topic. */
  retire(entry: Entry): void {
    const name = `retire ${entry.key}`;
    if (!this.#work.has(name)) this.#begin(name, async () => this.#verdicts.retire(entry));
  }

  /** Resolves when no call is being concluded and no verdict written. */
  async idle(): Promise<void> {
    return this.#work.idle();
  }

  /** Takes a record over; with a verdict it is not to be called, whatever else. */
  #take(
    received: ReceivedRequest,
    known: Verdict | null,
    place?: "room",
  ): ReturnType<Desk["receive"]> {
    const { request, source } = received;
    const digest = digestOf(request);
    const standing = this.#parts.journal.standing(
      ...([request.provider, request.requestId, digest, source] as const),
    );
    if (standing.kind === "conflict") return { kind: "conflict", message: conflictOf(request) };
    const { provider } = request;
    if (standing.kind === "finished") {
      if (!standing.isSameSource) this.#parts.onDuplicate({ provider, source });
      this.#parts.complete(source);
      return { kind: "taken" };
    }
    const key = keyOfReceived(received);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.join(kept, received);
      if (kept.digest === digest) this.#parts.onDuplicate({ provider, source });
      return { kind: "taken" };
    }
    const entry = standing.kind === "open" ? standing.entry : null;
    const verdict = known ?? this.#verdictBeforeCall(request, entry);
    const { overflow } = this.#parts;
    if (verdict === null && entry === null && place !== "room" && overflow.mustWait(received)) {
      overflow.add(received);
      return { kind: "taken" };
    }
    const added = this.#kept.add(key, digest, source);
    if (entry !== null) this.#countRepeat(entry, added);
    this.#proceed(received, entry, verdict);
    return { kind: "taken" };
  }

  /** The next thing to be done for a request whose record is kept, as far as it is this process's. */
  #proceed(received: ReceivedRequest, entry: Entry | null, known: Verdict | null = null): void {
    if (entry !== null && entry.phase !== "free") {
      this.#parts.settler.consider(entry);
      return;
    }
    const { request } = received;
    const { tries = 0 } = entry ?? {};
    const verdict = known ?? this.#verdictBeforeCall(request, entry);
    if (verdict !== null) {
      this.#close(received, verdict, { ...NEVER_CALLED, attempts: tries });
      return;
    }
    this.#entrust(received, "lane");
    this.#counterOf(request.provider).lane.offer(received, tries);
  }

  #verdictBeforeCall(request: RerunRequest, entry: Entry | null): Verdict | null {
    const connection = this.#counters.get(request.provider);
    const configured = [...this.#counters.keys()];
    const { requestsRetentionMs, epoch } = this.#parts;
    const around = { connection, configured, epoch: epoch(), requestsRetentionMs };
    return verdictBeforeCall({ request, entry, ...around });
  }

  /** Ends a request without a call, unless somebody else has it by now. */
  #close(received: ReceivedRequest, verdict: Verdict, history: CallHistory): void {
    const { source } = received;
    this.#entrust(received, "desk");
    this.#begin(`close ${source.partition}/${source.offset}`, async () => {
      await this.#verdicts.close(received, verdict, history);
      this.#followJournal(received);
    });
  }

  #moved(entry: Entry): void {
    this.#parts.settler.consider(entry);
    const kept = this.#kept.get(entry.key);
    if (kept === undefined) return;
    // Until then any of the records may still be the one that is called.
    if (entry.phase === "accepted" || entry.phase === "done") this.#countRepeat(entry, kept);
    this.#sortOut(entry, kept);
    if (entry.phase !== "free" || kept.keeper !== "journal") return;
    const received = receivedFrom(entry.request, kept.first, this.#parts.unpack);
    if (this.keeps(received)) this.#proceed(received, entry);
  }

  /** The kept record is not the one that was granted: it repeats that one's request. */
  #countRepeat(entry: Entry, kept: Kept): void {
    if (kept.isCounted || kept.digest !== entry.digest) return;
    if (isSameSource(kept.first, entry.request.source)) return;
    kept.isCounted = true;
    this.#parts.onDuplicate({ provider: entry.provider, source: kept.first });
  }

  /** Records with the id of a request that was granted and asks for something else. */
  #sortOut(entry: Entry, kept: Kept): void {
    for (const { request, source } of takeLosers(kept, entry.digest)) {
      this.#conflict(request, source);
    }
    if (kept.digest === entry.digest || kept.keeper !== "journal") return;
    this.#conflict(entry.request, kept.first);
    this.#succeed(entry.key);
  }

  #finished(entry: Entry): void {
    const kept = this.#kept.get(entry.key);
    if (kept?.keeper !== "journal") return;
    this.#sortOut(entry, kept);
    this.#completeAll(entry.key);
  }

  #completeAll(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    for (const source of sourcesOf(kept)) this.#parts.complete(source);
  }

  /** A request that somebody else had comes back to the journal's word: how does it stand now? */
  #followJournal(received: ReceivedRequest): void {
    const { request, source } = received;
    const key = keyOfReceived(received);
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    kept.keeper = "journal";
    const standing = this.#parts.journal.standing(
      ...([request.provider, request.requestId, kept.digest, source] as const),
    );
    switch (standing.kind) {
      case "conflict":
        this.#conflict(request, source);
        this.#succeed(key);
        return;
      case "finished":
        this.#completeAll(key);
        return;
      case "open":
        this.#moved(standing.entry);
        return;
      case "unknown":
        if (this.keeps(received)) this.#proceed(received, null);
        return;
      default:
        assertNever(standing);
    }
  }

  #conflict(request: { readonly requestId: string }, source: Source): void {
    this.#begin(`conflict ${source.partition}/${source.offset}`, async () =>
      this.#parts.conflicts(source, conflictOf(request)),
    );
  }

  /** The worked record is gone: another one of its id takes its place. */
  #succeed(key: string): void {
    const successor = this.#kept.succeed(key);
    if (successor !== null) this.#followJournal(successor);
  }

  #entrust(received: ReceivedRequest, keeper: Kept["keeper"]): void {
    this.#kept.entrust(keyOfReceived(received), keeper);
  }

  #entryOf({ request, source }: ReceivedRequest): Entry | null {
    const { provider, requestId } = request;
    const standing = this.#parts.journal.standing(provider, requestId, digestOf(request), source);
    return standing.kind === "open" ? standing.entry : null;
  }

  /** Admission lets nothing pass that names an unknown provider. */
  #counterOf(provider: string): Counter {
    const counter = this.#counters.get(provider);
    if (counter === undefined) throw new Error(`no counter is open for ${provider}`);
    return counter;
  }

  #begin(name: string, work: () => Promise<void>): void {
    this.#work.run(name, work).catch((error: unknown) => this.#parts.onFailure(error));
  }
}

function keyOfReceived({ request }: ReceivedRequest): string {
  return keyOf(request.provider, request.requestId);
}
