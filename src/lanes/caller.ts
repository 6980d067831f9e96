import type { RetryConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import { targetsOf } from "../domain/targets.ts";
import type { UnexecutedEnd } from "../domain/verdict.ts";
import type { Claim, NotGranted, Released } from "../journal/journal.ts";
import { callOnce, type CallParts, type CallTerms, type FinishedCall } from "./call-once.ts";
import type { Hold } from "./hold.ts";
import { type LaneDesk, workedOf } from "./lane-desk.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";
import { retryDelayMs } from "./retry-delay.ts";

export interface CallerParts extends CallParts {
  readonly queue: RequestQueue;
  readonly hold: Hold;
  readonly desk: LaneDesk;
  readonly retry: RetryConfig;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** A call's end told something about the connection's trouble. */
  readonly onLearned: () => void;
}

/** A request whose turn has come. */
export interface Running extends CallTerms {
  readonly waiting: Queued;
  /** The lane is held, and this call is to find out whether it must stay so. */
  readonly isProbe: boolean;
}

/**
 * Makes the call of a request that was taken out of its lane's queue, and sends the request where
 * the call's end says: to the desk, or back into the queue.
 */
export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** Resolves when the request is the desk's, or in the queue again, or forgotten. */
  async work(running: Running): Promise<void> {
    const { hold } = this.#parts;
    const end = await callOnce(running.waiting, this.#parts, running);
    switch (end.kind) {
      case "called":
        return this.#dispatch(running, end);
      case "late":
        hold.undecided(running.isProbe);
        await this.#release(running, end.claim, { called: false, why: "its time was over" });
        this.#putBack(running, 0);
        return;
      case "spent":
        hold.undecided(running.isProbe);
        await this.#release(running, end.claim, { called: false, why: "it has no call left" });
        this.#parts.desk.elsewhere(workedOf(running.waiting));
        return;
      case "not-granted":
        hold.undecided(running.isProbe);
        this.#notGranted(running, end.why);
        return;
    }
  }

  #notGranted(running: Running, why: NotGranted): void {
    this.#unparkSharers(running.waiting);
    switch (why) {
      case "taken":
      case "finished":
      case "conflict":
        this.#parts.desk.elsewhere(workedOf(running.waiting));
        return;
      // Its attempt, its targets or its reading are looked at anew.
      case "fenced":
      case "target-held":
      case "target-moved":
      case "lapsed":
        this.#putBack(running, 0);
        return;
    }
  }

  /** What was put aside for a call that is not made would wait for nothing. */
  #unparkSharers({ received }: Queued): void {
    const { journal, queue } = this.#parts;
    const { provider, operation } = received.request;
    for (const target of targetsOf(operation)) {
      if (!journal.isHeld(provider, target)) queue.unpark(target);
    }
  }

  async #dispatch(running: Running, finished: FinishedCall): Promise<void> {
    const { desk } = this.#parts;
    const { waiting, isProbe, before } = running;
    const { claim, call, end } = finished;
    this.#learn(end, isProbe);
    switch (end.kind) {
      case "accepted":
      case "refused":
      case "uncertain":
        waiting.attempts += 1;
        desk.decided(workedOf(waiting), { ...finished, end, before });
        return;
      // The claim is given back before anybody, this lane included, asks for another.
      case "throttled":
      case "unavailable":
        waiting.attempts += 1;
        await this.#release(running, claim, { called: true, why: `${end.kind}: ${end.message}` });
        this.#retry(running, call.targets, end);
        return;
      case "quota":
      case "credentials":
        await this.#release(running, claim, { called: false, why: `${end.kind}: ${end.message}` });
        this.#putBack(running, 0, isProbe ? "behind" : undefined);
        return;
    }
  }

  #learn(end: CallEnd, wasProbe: boolean): void {
    const { hold, onLearned } = this.#parts;
    switch (end.kind) {
      case "quota":
      case "credentials":
        hold.hold(end.kind, end.message, wasProbe);
        break;
      case "accepted":
      case "refused":
      case "throttled":
        hold.release();
        break;
      case "unavailable":
      case "uncertain":
        hold.undecided(wasProbe);
        break;
    }
    onLearned();
  }

  #retry(running: Running, targets: readonly string[], end: UnexecutedEnd): void {
    const { retry, desk, clock, random } = this.#parts;
    const { waiting } = running;
    if (waiting.attempts >= retry.maxAttempts) {
      desk.exhausted(workedOf(waiting), targets, end);
      return;
    }
    const askedForMs = end.kind === "throttled" ? end.retryAfterMs : null;
    const delayMs = retryDelayMs(retry, waiting.attempts, askedForMs, random);
    this.#putBack(running, clock.now() + delayMs);
  }

  async #release({ waiting }: Running, claim: Claim, how: Released): Promise<void> {
    await this.#parts.journal.release(claim, [waiting.received.request.requestId], how);
  }

  #putBack({ waiting }: Running, dueAt: number, where?: "behind"): void {
    const { desk, queue } = this.#parts;
    if (desk.keeps(waiting.received)) queue.putBack(waiting, dueAt, where);
  }
}
