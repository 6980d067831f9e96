import type { RetryConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { Evidence } from "../domain/evidence.ts";
import type { CallHistory } from "../domain/outcome.ts";
import type { Priority, ReceivedRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import type { DecidedEnd, UnexecutedEnd } from "../domain/verdict.ts";
import type { Claim, NotGranted } from "../journal/journal.ts";
import { callOnce, type CallParts, type CallTerms, type FinishedCall } from "./call-once.ts";
import { GateBacklog } from "./gate-backlog.ts";
import { Hold, type Held } from "./hold.ts";
import { type LaneLimits, Picker } from "./picker.ts";
import type { Prepare } from "./preparation.ts";
import { type Queued, RequestQueue } from "./request-queue.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Packing, WaitingRequest } from "./waiting-request.ts";

/** A request that leaves its lane, and how it was worked there. */
export interface Worked {
  readonly received: ReceivedRequest;
  readonly history: CallHistory;
}

/** A call whose end ends its request, unless evidence shows that it did not run. */
export type EndedCall = FinishedCall & {
  readonly end: DecidedEnd;
  /** What was read of its targets before it; null: nothing. */
  readonly before: Evidence | null;
};

/** Why a request that waits here is not this process's to call. */
export type Elsewhere = Extract<NotGranted, "taken" | "finished" | "conflict">;

/** Who takes a request back from its lane; each request exactly once. */
export interface LaneDesk {
  /** Its `notAfter` passed before it could be called (again). */
  expired(worked: Worked): void;
  /** Its last attempt surely did not execute. */
  exhausted(worked: Worked, targets: readonly string[], end: UnexecutedEnd): void;
  /** Its call was decided. The claim is the desk's from here on. */
  decided(worked: Worked, ended: EndedCall): void;
  /** Somebody else holds it, or has ended it. */
  elsewhere(worked: Worked): void;
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
  /** Shared by lanes of one account. */
  readonly limits: LaneLimits;
  /** How requests are read before their call; null: not at all. */
  readonly prepare: Prepare | null;
  readonly retry: RetryConfig;
  readonly maxConcurrentCalls: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Told when the lane begins to stand still, for another reason, and when it goes on (null). */
  readonly onHold: (held: Held | null) => void;
}

/** The longest that a Node timer can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A request whose call is under way. */
interface Running extends CallTerms {
  readonly waiting: Queued;
  readonly isProbe: boolean;
}

/**
 * The queue and the pace of one provider connection.
 *
 * One anonymous ticket is asked for at a time; when it fires the lane picks what goes now: the most
 * urgent of the operations that may go. So what waits can still be overtaken by something more
 * urgent, expire, or be forgotten, and a slow operation holds up no other.
 *
 * ```
 * due ──▶ staged (read before the call, if so wanted)
 *  ▲  ▲     │
 *  │  │   ticket
 *  │  │     ▼
 *  │  │   taken ──claim, call──▶ decided, exhausted, elsewhere (to the desk)
 *  │  │     │
 *  │  └── delayed ◀── surely not executed
 *  └── parked (another call holds one of its targets)
 * ```
 */
export class Lane {
  readonly name: string;
  readonly #options: LaneOptions;
  readonly #queue: RequestQueue;
  readonly #hold: Hold;
  readonly #picker: Picker;
  readonly #backlog: GateBacklog;
  readonly #inFlight = new Set<Queued>();
  #toldHeld: Held | null = null;
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
    this.#backlog = new GateBacklog(options.limits.perSecond, () => this.#pump());
    const [queue, hold] = [this.#queue, this.#hold];
    const { limits, clock, desk, prepare, journal, name } = options;
    this.#picker = new Picker({
      ...{ queue, hold, limits, prepare, now: clock.now },
      position: () => journal.position(name),
      isHeld: (target) => journal.isHeld(name, target),
      onReady: () => this.#pump(),
      onFailure: (error) => desk.failed(error),
    });
  }

  get depth(): Readonly<Record<Priority, number>> {
    return this.#queue.depth;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Why it stands still: the connection's trouble, or the day is used up. */
  get held(): Held | null {
    if (this.#hold.held !== null) return this.#hold.held;
    const message = this.#options.limits.usedUp();
    return message === null ? null : { why: "quota", message };
  }

  /** Counts what the lane did; together with `runnable` it shows a lane that is stuck. */
  get steps(): number {
    return this.#steps;
  }

  /** Something could be called this instant, but for the pace. */
  get runnable(): boolean {
    return !this.#stopped && this.#opensIn() === 0;
  }

  /**
   * Puts a request in the queue; the desk hears of it again exactly once, unless it is forgotten.
   * `tries`: calls made for it before that surely did not execute.
   */
  offer(received: ReceivedRequest, tries = 0): void {
    this.#queue.add(received, tries);
    this.#pump();
  }

  /** Claims can be won again. */
  journalOpened(): void {
    this.#pump();
  }

  /** Nobody holds these targets any more. */
  targetsFreed(targets: readonly string[]): void {
    for (const target of targets) this.#queue.unpark(target);
    this.#pump();
  }

  /** Forgets what waits from one partition, and returns it. What is with the provider goes on. */
  forget(partition: number): readonly ReceivedRequest[] {
    const forgotten = this.#queue.forget(partition);
    this.#picker.dropGone();
    return forgotten;
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
    this.#picker.stop();
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #pump(): void {
    this.#expire();
    if (this.#stopped) return;
    this.#tellHeld();
    this.#picker.prepare();
    this.#clearTheWay();
    if (this.#ticketPending) return;
    const waitMs = this.#opensIn();
    if (waitMs > 0) {
      this.#wakeIn(Math.min(waitMs, this.#queue.nextExpiry() - this.#options.clock.epoch() + 1));
      return;
    }
    this.#ticketPending = true;
    const asked = this.#options.clock.now();
    this.#options.limits
      .ticket()
      .then(() => this.#ticketCame(this.#options.clock.now() - asked))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  #ticketCame(waitedMs: number): void {
    this.#ticketPending = false;
    this.#steps += 1;
    this.#expire();
    this.#clearTheWay();
    if (!this.#stopped && this.#opensIn() === 0) {
      const waiting = this.#picker.first();
      if (waiting !== undefined) this.#start(waiting, waitedMs);
    }
    this.#pump();
  }

  /** Whoever would go now and may not makes room: no ticket is spent on it. */
  #clearTheWay(): void {
    const { journal, desk, name } = this.#options;
    while (!this.#stopped && this.#opensIn() === 0) {
      const waiting = this.#picker.first();
      if (waiting === undefined) return;
      const { requestId, operation } = waiting.received.request;
      const held = targetsOf(operation).find((target) => journal.isHeld(name, target));
      if (!journal.mayClaim(name, requestId)) {
        this.#picker.drop(waiting);
        desk.elsewhere(workedOf(waiting));
      } else if (held !== undefined) {
        this.#picker.park(waiting, held);
      } else {
        return;
      }
      this.#steps += 1;
      this.#picker.prepare();
    }
  }

  #start(waiting: Queued, slotWaitMs: number): void {
    const { isProbe, before, evidenceAt } = this.#picker.take(waiting);
    this.#inFlight.add(waiting);
    const { limits, meter } = this.#options;
    const { operation } = waiting.shelf;
    const gate = limits.gateFor(operation, (at) => meter.left(at), this.#picker);
    const terms = { before, evidenceAt, slotWaitMs, gate: this.#backlog.counted(gate) };
    this.#work({ waiting, isProbe, ...terms })
      .finally(() => gate.close())
      .then(() => this.#ended(waiting))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  async #work(running: Running): Promise<void> {
    const end = await callOnce(running.waiting, this.#options, running);
    switch (end.kind) {
      case "called":
        return this.#dispatch(running, end);
      case "late":
        this.#hold.undecided(running.isProbe);
        await this.#release(running, end.claim, { called: false, why: "its time was over" });
        this.#putBack(running, 0);
        return;
      case "spent":
        this.#hold.undecided(running.isProbe);
        await this.#release(running, end.claim, { called: false, why: "it has no call left" });
        this.#options.desk.elsewhere(workedOf(running.waiting));
        return;
      case "not-granted":
        this.#hold.undecided(running.isProbe);
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
        this.#options.desk.elsewhere(workedOf(running.waiting));
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
    const { journal, name } = this.#options;
    for (const target of targetsOf(received.request.operation)) {
      if (!journal.isHeld(name, target)) this.#queue.unpark(target);
    }
  }

  async #release(
    { waiting }: Running,
    claim: Claim,
    how: { readonly called: boolean; readonly why: string },
  ): Promise<void> {
    const { requestId } = waiting.received.request;
    await this.#options.journal.release(claim, [requestId], how);
  }

  #putBack({ waiting }: Running, dueAt: number, where?: "behind"): void {
    if (this.#options.desk.keeps(waiting.received)) this.#queue.putBack(waiting, dueAt, where);
  }

  #ended(waiting: Queued): void {
    this.#inFlight.delete(waiting);
    this.#steps += 1;
    if (this.#inFlight.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#pump();
  }

  async #dispatch(running: Running, finished: FinishedCall): Promise<void> {
    const { desk } = this.#options;
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
    switch (end.kind) {
      case "quota":
      case "credentials":
        this.#hold.hold(end.kind, end.message, wasProbe);
        break;
      case "accepted":
      case "refused":
      case "throttled":
        this.#hold.release();
        break;
      case "unavailable":
      case "uncertain":
        this.#hold.undecided(wasProbe);
        break;
    }
    this.#tellHeld();
  }

  #tellHeld(): void {
    const { held } = this;
    if (held?.why === this.#toldHeld?.why) return;
    this.#toldHeld = held;
    this.#options.onHold(held);
  }

  #retry(running: Running, targets: readonly string[], end: UnexecutedEnd): void {
    const { retry, desk, clock, random } = this.#options;
    const { waiting } = running;
    if (waiting.attempts >= retry.maxAttempts) {
      desk.exhausted(workedOf(waiting), targets, end);
      return;
    }
    const askedForMs = end.kind === "throttled" ? end.retryAfterMs : null;
    const delayMs = retryDelayMs(retry, waiting.attempts, askedForMs, random);
    this.#putBack(running, clock.now() + delayMs);
  }

  #expire(): void {
    if (this.#stopped) return;
    const epoch = this.#options.clock.epoch();
    for (;;) {
      const waiting = this.#queue.takeExpired(epoch);
      if (waiting === undefined) return;
      this.#picker.dropGone();
      this.#steps += 1;
      this.#options.desk.expired(workedOf(waiting));
    }
  }

  /** Milliseconds until something may be called, but for the pace; `Infinity` when nothing waits. */
  #opensIn(): number {
    const { maxConcurrentCalls, clock, journal } = this.#options;
    if (!journal.isOpen) return Infinity;
    if (this.#inFlight.size >= maxConcurrentCalls || this.#backlog.isFull) return Infinity;
    return Math.max(0, this.#picker.opensAt() - clock.now());
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
