import type { BreakerConfig, HoldWindowConfig, RetryConfig } from "../config/config.ts";
import type { Priority, ReceivedRequest } from "../domain/rerun-request.ts";
import type { CouldMake } from "./account-limits.ts";
import type { BreakerState } from "./breaker.ts";
import type { AssemblyLimits } from "./assembly.ts";
import { Bisection } from "./bisection.ts";
import type { CallParts } from "./call-parts.ts";
import { Caller } from "./caller.ts";
import type { Member } from "./claim-batch.ts";
import { GateBacklog } from "./gate-backlog.ts";
import { Gatherer } from "./gatherer.ts";
import { type Held, Hold, type HoldNews, type Pause } from "./hold.ts";
import { type LaneDesk, workedOf } from "./lane-desk.ts";
import { type LaneLimits, Picker } from "./picker.ts";
import type { Prepare } from "./preparation.ts";
import { type Queued, RequestQueue, type Waits } from "./request-queue.ts";
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
  /** Null: a failing provider is called on and on. */
  readonly breaker: BreakerConfig | null;
  readonly holdWindows: readonly HoldWindowConfig[];
  readonly maxConcurrentCalls: number;
  /** How much goes into one call. */
  readonly coalesce: AssemblyLimits;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /**
   * Asks the provider something harmless: resolves with what is wrong when it says nothing, else with
   * null.
   */
  readonly soundOut: () => Promise<string | null>;
  /** Told of every cause for which the lane begins to stand still, and of every one that is over. */
  readonly onHold: (news: HoldNews) => void;
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
  #inFlight = 0;
  #ticketPending = false;
  #stopped = false;
  #steps = 0;
  #wakeTimer: NodeJS.Timeout | null = null;
  #whenIdle: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.name = options.name;
    this.#options = options;
    this.#queue = new RequestQueue(options.packing, options.clock);
    this.#hold = new Hold({
      ...{ clock: options.clock, breaker: options.breaker, windows: options.holdWindows },
      usedUp: () => options.limits.usedUp(),
    });
    this.#backlog = new GateBacklog(options.limits.perSecond, () => this.#pump());
    const [queue, hold] = [this.#queue, this.#hold];
    const { limits, clock, desk, prepare, journal, name } = options;
    const bisection = new Bisection();
    const gatherer = new Gatherer({
      ...{ queue, bisection, limits: options.coalesce, now: clock.now },
      isAlone: () => hold.isProbed,
      isHeld: (target) => journal.isHeld(name, target),
      mayClaim: (requestId) => journal.mayClaim(name, requestId),
      forbidden: (request) => journal.forbidden(request),
      onSuppressed: (waiting, forbidden) => desk.suppressed(workedOf(waiting), forbidden),
      onElsewhere: (waiting) => desk.elsewhere(workedOf(waiting)),
    });
    this.#picker = new Picker({
      ...{ queue, hold, limits, prepare, gatherer, now: clock.now },
      position: () => journal.position(name),
      onReady: () => this.#pump(),
      onFailure: (error) => desk.failed(error),
    });
    this.#caller = new Caller({
      ...options,
      ...{ queue, hold, bisection },
      isStopped: () => this.#stopped,
      onLearned: () => this.#tellHeld(),
    });
  }

  get depth(): Readonly<Record<Priority, number>> {
    return this.#queue.depth;
  }

  /** How many of them wait for something else than their turn. */
  get waits(): Waits {
    return this.#queue.waits;
  }

  /** How many calls are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** All causes for which it stands still. */
  get held(): readonly Held[] {
    return this.#hold.held;
  }

  get breaker(): BreakerState {
    return this.#hold.breaker;
  }

  /** The operators' order from now on: to stand still, or (null) to go on unless something else holds. */
  pause(pause: Pause | null): void {
    this.#hold.pause(pause);
    this.#pump();
  }

  /** To be called now and then: a window may have begun, or the wall clock may have been set. */
  lookAtClock(): void {
    this.#pump();
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
    if (this.#queue.add(received, tries)) this.#pump();
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

  /** Ends what waits and whose records, below these offsets of their partitions, are to be deleted. */
  endBelow(offsets: ReadonlyMap<number, bigint>): void {
    if (this.#stopped) return;
    const dying = this.#queue.takeBelow(offsets);
    if (dying.length === 0) return;
    this.#picker.dropGone();
    this.#steps += 1;
    for (const waiting of dying) this.#options.desk.dying(workedOf(waiting));
    this.#pump();
  }

  /** Forgets what waits from one partition, and returns it. What is with the provider goes on. */
  forget(partition: number): readonly ReceivedRequest[] {
    const forgotten = this.#queue.forget(partition);
    this.#picker.dropGone();
    return forgotten;
  }

  /** No first byte of a call from here on; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#picker.stop();
    if (this.#inFlight === 0) return;
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
    if (this.#hold.soundsFirst) {
      this.#soundOut();
      return;
    }
    this.#ticketPending = true;
    const asked = this.#options.clock.now();
    this.#options.limits
      .ticket(this.#couldMake(), this.#picker)
      .then(() => this.#ticketCame(this.#options.clock.now() - asked))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  #soundOut(): void {
    this.#hold.sounds();
    this.#steps += 1;
    this.#options
      .soundOut()
      .then((silence) => {
        this.#hold.sounded(silence);
        this.#steps += 1;
        this.#pump();
      })
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  /** How many calls could be made at once, were it not for the pace. */
  #couldMake(): CouldMake {
    const room = this.#options.maxConcurrentCalls - this.#inFlight;
    return {
      calls: Math.max(1, Math.min(this.#picker.couldMake, room)),
      of: (operation) => this.#queue.sizeOf(operation),
    };
  }

  #ticketCame(waitedMs: number): void {
    this.#ticketPending = false;
    this.#steps += 1;
    this.#expire();
    this.#clearTheWay();
    if (!this.#stopped && this.#opensIn() === 0 && !this.#hold.soundsFirst) {
      const waiting = this.#picker.first();
      if (waiting !== undefined) this.#start(waiting, waitedMs);
    }
    this.#pump();
  }

  /** Whoever would go now and may not makes room: no ticket is spent on it. */
  #clearTheWay(): void {
    while (!this.#stopped && this.#opensIn() === 0) {
      const waiting = this.#picker.first();
      if (waiting === undefined || !this.#picker.putAside(waiting)) return;
      this.#steps += 1;
      this.#picker.prepare();
    }
  }

  #start(head: Queued, slotWaitMs: number): void {
    const { members, isProbe } = this.#picker.take(head);
    this.#inFlight += 1;
    const { limits, meter, name } = this.#options;
    const gate = limits.gateFor(head.shelf.operation, (at) => meter.left(at), this.#picker);
    const terms = { slotWaitMs, gate: this.#backlog.counted(gate) };
    this.#caller
      .work({ provider: name, members, isProbe, ...terms })
      .finally(() => gate.close())
      .then(() => this.#ended(members))
      .catch((error: unknown) => this.#options.desk.failed(error));
  }

  #ended(members: readonly Member[]): void {
    this.#inFlight -= 1;
    this.#steps += 1;
    for (const { waiting } of members) this.#queue.left(waiting);
    if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    this.#pump();
  }

  #tellHeld(): void {
    const news = this.#hold.news();
    if (news.began.length > 0 || news.ended.length > 0) this.#options.onHold(news);
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
    if (this.#inFlight >= maxConcurrentCalls || this.#backlog.isFull) return Infinity;
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
