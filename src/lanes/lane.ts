import type { RetryConfig } from "../config/config.ts";
import type { Priority, ReceivedRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import type { CallParts } from "./call-once.ts";
import { Caller } from "./caller.ts";
import { GateBacklog } from "./gate-backlog.ts";
import { Hold, type Held } from "./hold.ts";
import { type LaneDesk, workedOf } from "./lane-desk.ts";
import { type LaneLimits, Picker } from "./picker.ts";
import type { Prepare } from "./preparation.ts";
import { type Queued, RequestQueue } from "./request-queue.ts";
import type { Packing } from "./waiting-request.ts";

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
  readonly #caller: Caller;
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
    this.#caller = new Caller({ ...options, queue, hold, onLearned: () => this.#tellHeld() });
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
    this.#caller
      .work({ waiting, isProbe, ...terms })
      .finally(() => gate.close())
      .then(() => this.#ended(waiting))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  #ended(waiting: Queued): void {
    this.#inFlight.delete(waiting);
    this.#steps += 1;
    if (this.#inFlight.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#pump();
  }

  #tellHeld(): void {
    const { held } = this;
    if (held?.why === this.#toldHeld?.why) return;
    this.#toldHeld = held;
    this.#options.onHold(held);
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
