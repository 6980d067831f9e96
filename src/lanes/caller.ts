import type { RetryConfig } from "../config/config.ts";
import type { Evidence } from "../domain/evidence.ts";
import { targetsOf } from "../domain/targets.ts";
import type { UnexecutedEnd } from "../domain/verdict.ts";
import type { Claim, NotGranted, Released } from "../journal/journal.ts";
import type { Bisection } from "./bisection.ts";
import { callOnce, type CallTerms, type FinishedCall } from "./call-once.ts";
import type { CallParts } from "./call-parts.ts";
import { claimBatch, type GrantedMember, type Member } from "./claim-batch.ts";
import type { Hold } from "./hold.ts";
import { type LaneDesk, workedOf } from "./lane-desk.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";
import { retryDelayMs } from "./retry-delay.ts";

export interface CallerParts extends CallParts {
  readonly queue: RequestQueue;
  readonly hold: Hold;
  readonly desk: LaneDesk;
  readonly bisection: Bisection;
  readonly retry: RetryConfig;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** No call begins any more. */
  readonly isStopped: () => boolean;
  /** A call's end told something about the connection's trouble. */
  readonly onLearned: () => void;
}

/** Requests whose turn has come. */
export interface Running extends CallTerms {
  /** The name of their connection. */
  readonly provider: string;
  readonly members: readonly Member[];
  /** The lane is held, and this call is to find out whether it must stay so. */
  readonly isProbe: boolean;
}

/** A call that was made for these requests. */
interface Made {
  readonly granted: readonly GrantedMember[];
  readonly isProbe: boolean;
  readonly finished: FinishedCall;
}

/**
 * Makes one call for requests that were taken out of their lane's queue, and sends each of them where
 * the claim or the call's end says: to the desk, or back into the queue.
 */
export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** Resolves when every request is the desk's, or in the queue again, or forgotten. */
  async work(running: Running): Promise<void> {
    const { hold } = this.#parts;
    const { provider, members, isProbe } = running;
    const { claim, granted, spent, refused } = await claimBatch(provider, members, this.#parts);
    for (const { waiting, why } of refused) this.#notGranted(waiting, why);
    // Nobody calls what the guards left out.
    for (const { waiting } of granted) this.#unparkSharers(waiting);
    if (spent.length > 0) {
      await this.#release(claim, spent, { called: false, why: "it has no call left" });
      for (const waiting of spent) this.#elsewhere(waiting);
    }
    if (granted.length === 0) {
      hold.undecided(isProbe);
      return;
    }
    const objection = () => this.#objection(granted, isProbe);
    const end = await callOnce({ claim, granted, objection }, this.#parts, running);
    if (end.kind === "called") {
      await this.#dispatch({ granted, isProbe, finished: end });
      return;
    }
    hold.undecided(isProbe);
    const uncalled = granted.map(({ waiting }) => waiting);
    await this.#release(claim, uncalled, { called: false, why: end.why });
    this.#putBack(uncalled, 0);
  }

  /** What began since they were picked: claims take their time, and so do slots and connections. */
  #objection(granted: readonly GrantedMember[], isProbe: boolean): string | null {
    const { hold, clock, isStopped } = this.#parts;
    if (isStopped()) return "the process is told to stop";
    if (hold.isShut) return "the lane was told to stand still";
    // A second's worth of them may stand at the gate, and a provider that is silent uses up each.
    if (hold.isProbed && !isProbe) return "calls before it failed, and only probes go";
    const epoch = clock.epoch();
    const isOver = granted.some(
      ({ waiting: { notAfter } }) => notAfter !== null && notAfter < epoch,
    );
    return isOver ? "notAfter passed" : null;
  }

  #notGranted(waiting: Queued, why: NotGranted): void {
    this.#unparkSharers(waiting);
    switch (why) {
      case "taken":
      case "finished":
      case "conflict":
        this.#elsewhere(waiting);
        return;
      // Its attempt, its targets, its reading or what the guards leave of it are looked at anew.
      case "fenced":
      case "target-held":
      case "target-moved":
      case "guarded":
      case "unguarded":
      case "lapsed":
        this.#putBack([waiting], 0);
        return;
    }
  }

  #elsewhere(waiting: Queued): void {
    const { desk, queue } = this.#parts;
    queue.left(waiting);
    desk.elsewhere(workedOf(waiting));
  }

  /** What was put aside for a call that is not made would wait for nothing. */
  #unparkSharers({ received }: Queued): void {
    const { journal, queue } = this.#parts;
    const { provider, operation } = received.request;
    for (const target of targetsOf(operation)) {
      if (!journal.isHeld(provider, target)) queue.unpark(target);
    }
  }

  async #dispatch({ granted, isProbe, finished }: Made): Promise<void> {
    const { hold, onLearned } = this.#parts;
    const { claim, end } = finished;
    hold.learned(end, isProbe);
    onLearned();
    const called = granted.map(({ waiting }) => waiting);
    switch (end.kind) {
      case "refused":
        if (await this.#bisect(called, finished)) return;
        this.#decided(granted, { ...finished, end });
        return;
      case "accepted":
      case "uncertain":
        this.#decided(granted, { ...finished, end });
        return;
      // The claim is given back before anybody, this lane included, asks for another.
      case "throttled":
      case "unavailable": {
        const why = `${end.kind}: ${end.message}`;
        if (!isProbe) for (const waiting of called) waiting.attempts += 1;
        await this.#release(claim, called, { called: !isProbe, why });
        if (isProbe) this.#putBack(called, this.#retryAt(attemptsOf(called) + 1, end), "behind");
        else this.#retry(granted, end);
        return;
      }
      case "quota":
      case "credentials":
        await this.#release(claim, called, { called: false, why: `${end.kind}: ${end.message}` });
        this.#putBack(called, 0, isProbe ? "behind" : undefined);
        return;
    }
  }

  #decided(granted: readonly GrantedMember[], finished: DecidedCall): void {
    for (const { waiting } of granted) waiting.attempts += 1;
    const called = granted.map(({ waiting, operation }) => {
      return { ...workedOf(waiting, granted.length), targets: targetsOf(operation) };
    });
    this.#parts.desk.decided(called, { ...finished, before: evidenceOf(granted) });
  }

  /** One of several may be the reason for the refusal of all: no attempt of the others is spent on it. */
  async #bisect(called: readonly Queued[], { claim, end }: FinishedCall): Promise<boolean> {
    if (end.kind !== "refused" || !this.#parts.bisection.halve(called)) return false;
    const why = `refused as a whole, ${called.length} requests: ${end.message}`;
    await this.#release(claim, called, { called: false, why });
    this.#putBack(called, 0);
    return true;
  }

  /** All of them come back at one time, so that they can go together again. */
  #retry(granted: readonly GrantedMember[], end: UnexecutedEnd): void {
    const { retry, desk } = this.#parts;
    const again: Queued[] = [];
    for (const { waiting, operation } of granted) {
      if (waiting.attempts < retry.maxAttempts) again.push(waiting);
      else desk.exhausted(workedOf(waiting, granted.length), targetsOf(operation), end);
    }
    if (again.length > 0) this.#putBack(again, this.#retryAt(attemptsOf(again), end));
  }

  #retryAt(attempts: number, end: UnexecutedEnd): number {
    const { retry, clock, random } = this.#parts;
    const askedForMs = end.kind === "throttled" ? end.retryAfterMs : null;
    return clock.now() + retryDelayMs(retry, attempts, askedForMs, random);
  }

  async #release(claim: Claim, released: readonly Queued[], how: Released): Promise<void> {
    const ids = released.map(({ received }) => received.request.requestId);
    await this.#parts.journal.release(claim, ids, how);
  }

  #putBack(back: readonly Queued[], dueAt: number, where?: "behind"): void {
    const { desk, queue } = this.#parts;
    for (const waiting of back) {
      if (desk.keeps(waiting.received)) queue.putBack(waiting, dueAt, where);
    }
  }
}

type DecidedCall = FinishedCall & Pick<Parameters<LaneDesk["decided"]>[1], "end">;

/** The most that were made for any of them. */
function attemptsOf(called: readonly Queued[]): number {
  return Math.max(...called.map(({ attempts }) => attempts));
}

/** What was read of the call's targets, one mark for each; null: nothing. */
function evidenceOf(granted: readonly Member[]): Evidence | null {
  const read = granted.flatMap(({ before }) => before ?? []);
  if (read.length === 0) return null;
  const marks = new Map(read.flatMap((one) => one.marks.map((mark) => [mark.target, mark])));
  return { marks: [...marks.values()] };
}
