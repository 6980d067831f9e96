import type { RetryConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { CallHistory } from "../domain/outcome.ts";
import type { Priority, ReceivedRequest } from "../domain/rerun-request.ts";
import type { DecidedEnd, UnexecutedEnd } from "../domain/verdict.ts";
import type { Claim } from "../journal/journal.ts";
import { callOnce, type CallParts, type FinishedCall } from "./call-once.ts";
import { Hold, type HoldReason } from "./hold.ts";
import { RequestQueue } from "./request-queue.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Packing, WaitingRequest } from "./waiting-request.ts";

/** A request that leaves its lane, and how it was worked there. */
export interface Worked {
  readonly received: ReceivedRequest;
  readonly history: CallHistory;
}

/** Who takes a request back from its lane; each request exactly once. */
export interface LaneDesk {
  /** Its `notAfter` passed before it could be called (again). */
  expired(worked: Worked): void;
  /** Its last attempt surely did not execute. */
  exhausted(worked: Worked, targets: readonly string[], end: UnexecutedEnd): void;
  /** Its call was decided. */
  decided(worked: Worked, claim: Claim, targets: readonly string[], end: DecidedEnd): void;
  /** Whether one that comes back unexecuted is still ours to call; false: it is forgotten. */
  keeps(received: ReceivedRequest): boolean;
  /** Something threw that must not: the process cannot go on. */
  failed(error: unknown): void;
}

export interface LaneOptions extends CallParts {
  readonly name: string;
  readonly desk: LaneDesk;
  /** Keeps what waits small. */
  readonly packing: Packing;
  /** Resolves when the next call is due; one is asked for at a time. */
  readonly ticket: () => Promise<void>;
  readonly retry: RetryConfig;
  readonly maxConcurrentCalls: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** A claim that somebody else holds is asked for again after this long. */
const ASK_AGAIN_AFTER_MS = 1000;

/** The longest that a Node timer can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The queue and the pace of one provider connection.
 *
 * One anonymous ticket is asked for at a time; when it fires the lane picks what goes now. So what
 * waits can still be overtaken by something more urgent, expire, or be forgotten.
 *
 * ```
 * due ──ticket──▶ taken ──call──▶ decided, exhausted (to the desk)
 *  ▲                │
 *  └── delayed ◀────┘ surely not executed
 * ```
 */
export class Lane {
  readonly name: string;
  readonly #options: LaneOptions;
  readonly #queue: RequestQueue;
  readonly #hold: Hold;
  readonly #inFlight = new Set<WaitingRequest>();
  #ticketPending = false;
  #stopped = false;
  #steps = 0;
  #wakeTimer: NodeJS.Timeout | null = null;
  #whenIdle: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.name = options.name;
    this.#options = options;
    this.#queue = new RequestQueue(options.packing);
    this.#hold = new Hold(options.clock.now);
  }

  get depth(): Readonly<Record<Priority, number>> {
    return this.#queue.depth;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get held(): { readonly why: HoldReason; readonly message: string } | null {
    return this.#hold.held;
  }

  /** Counts what the lane did; together with `runnable` it shows a lane that is stuck. */
  get steps(): number {
    return this.#steps;
  }

  /** Something could be called this instant, but for the pace. */
  get runnable(): boolean {
    return !this.#stopped && this.#opensIn() === 0;
  }

  /** Puts a request in the queue; the desk hears of it again exactly once, unless it is forgotten. */
  offer(received: ReceivedRequest): void {
    this.#queue.add(received);
    this.#pump();
  }

  /** Forgets what waits from one partition, and returns it. What is with the provider goes on. */
  forget(partition: number): readonly ReceivedRequest[] {
    return this.#queue.forget(partition);
  }

  /** What is with the provider, or on the way there and back. */
  get calling(): readonly ReceivedRequest[] {
    // One that was just put back waits already: it must not be named here and forgotten there.
    return [...this.#inFlight]
      .filter(({ place }) => place === "taken")
      .map(({ received }) => received);
  }

  /** No new call from here on; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #pump(): void {
    this.#expire();
    if (this.#stopped || this.#ticketPending) return;
    const waitMs = this.#opensIn();
    if (waitMs > 0) {
      this.#wakeIn(Math.min(waitMs, this.#queue.nextExpiry() - this.#options.clock.epoch() + 1));
      return;
    }
    this.#ticketPending = true;
    const asked = this.#options.clock.now();
    this.#options
      .ticket()
      .then(() => this.#ticketCame(this.#options.clock.now() - asked))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  #ticketCame(waitedMs: number): void {
    this.#ticketPending = false;
    this.#steps += 1;
    this.#expire();
    if (!this.#stopped && this.#opensIn() === 0) {
      const waiting = this.#queue.take(this.#options.clock.now());
      if (waiting !== undefined) this.#start(waiting, waitedMs);
    }
    this.#pump();
  }

  #start(waiting: WaitingRequest, waitedMs: number): void {
    this.#inFlight.add(waiting);
    this.#hold.called();
    this.#work(waiting, waitedMs)
      .then(() => this.#ended(waiting))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  async #work(waiting: WaitingRequest, waitedMs: number): Promise<void> {
    const finished = await callOnce(waiting, this.#options, waitedMs);
    if (finished !== null) return this.#dispatch(waiting, finished);
    this.#hold.undecided();
    this.#putBack(waiting, this.#options.clock.now() + ASK_AGAIN_AFTER_MS);
  }

  #putBack(waiting: WaitingRequest, dueAt: number): void {
    if (this.#options.desk.keeps(waiting.received)) this.#queue.putBack(waiting, dueAt);
  }

  #ended(waiting: WaitingRequest): void {
    this.#inFlight.delete(waiting);
    this.#steps += 1;
    if (this.#inFlight.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#pump();
  }

  async #dispatch(waiting: WaitingRequest, { claim, targets, end }: FinishedCall): Promise<void> {
    const { desk, journal } = this.#options;
    this.#learn(end);
    switch (end.kind) {
      case "accepted":
      case "refused":
      case "uncertain":
        waiting.attempts += 1;
        desk.decided(workedOf(waiting), claim, targets, end);
        return;
      // The claim is given back before anybody, this lane included, asks for another.
      case "throttled":
      case "unavailable":
        waiting.attempts += 1;
        await journal.release(claim, { called: true, why: end.kind });
        this.#retry(waiting, targets, end);
        return;
      case "quota":
      case "credentials":
        await journal.release(claim, { called: false, why: end.kind });
        this.#putBack(waiting, 0);
        return;
    }
  }

  #learn(end: CallEnd): void {
    switch (end.kind) {
      case "quota":
      case "credentials":
        this.#hold.hold(end.kind, end.message);
        return;
      case "accepted":
      case "refused":
      case "throttled":
        this.#hold.release();
        return;
      case "unavailable":
      case "uncertain":
        this.#hold.undecided();
        return;
    }
  }

  #retry(waiting: WaitingRequest, targets: readonly string[], end: UnexecutedEnd): void {
    const { retry, desk, clock, random } = this.#options;
    if (waiting.attempts >= retry.maxAttempts) {
      desk.exhausted(workedOf(waiting), targets, end);
      return;
    }
    const askedForMs = end.kind === "throttled" ? end.retryAfterMs : null;
    const delayMs = retryDelayMs(retry, waiting.attempts, askedForMs, random);
    this.#putBack(waiting, clock.now() + delayMs);
  }

  #expire(): void {
    if (this.#stopped) return;
    const epoch = this.#options.clock.epoch();
    for (;;) {
      const waiting = this.#queue.takeExpired(epoch);
      if (waiting === undefined) return;
      this.#steps += 1;
      this.#options.desk.expired(workedOf(waiting));
    }
  }

  /** Milliseconds until something may be called, but for the pace; `Infinity` when nothing waits. */
  #opensIn(): number {
    if (this.#inFlight.size >= this.#options.maxConcurrentCalls) return Infinity;
    const now = this.#options.clock.now();
    const dueAt = this.#queue.nextDueAt(now);
    return Math.max(0, dueAt - now, this.#hold.opensAt - now);
  }

  #wakeIn(ms: number): void {
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#wakeTimer = null;
    if (ms === Infinity) return;
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(1, Math.ceil(ms)));
    this.#wakeTimer = setTimeout(() => this.#pump(), delayMs);
  }
}

function workedOf({ received, attempts, calledAt }: WaitingRequest): Worked {
  return { received, history: { attempts, calledAt, coalesced: 1, reconciled: false } };
}
