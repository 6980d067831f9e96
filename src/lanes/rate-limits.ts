import type { RateLimitConfig } from "../config/config.ts";
import type { OperationName } from "../domain/operation.ts";
import type { AccountLimits } from "./account-limits.ts";
import { AdaptiveLimit, type RulingLimit, type ThrottlingAnswer } from "./adaptive-limit.ts";
import { type CallGate, createCallGate } from "./call-gate.ts";
import type { Clock } from "./clock.ts";
import { DayBudget } from "./day-budget.ts";
import { OperationPace } from "./operation-pace.ts";
import { OpenReads, type ReadTurnsOptions } from "./read-turns.ts";
import { SendGate, type SendLine } from "./send-gate.ts";
import { GATE_WINDOW_MS, SendWindow } from "./send-window.ts";
import { Throttle } from "./throttle.ts";

/** Stands for whoever asks when nobody says who it is. */
const ANYBODY = {};

/**
 * All limits of one account: of one connection, or of those that share it (`shareWith`).
 *
 * What holds, whatever is asked for in whatever order and whenever the event loop stands still:
 * in no sliding second do more first bytes leave than each limit allows (an operation's, all calls',
 * each read API's, the total's), and in no sliding 24 hours more than `callsPerDay`. Under a total
 * that both wait for, one departure in five is a read's.
 */
export class RateLimits implements AccountLimits {
  readonly #config: RateLimitConfig;
  readonly #clock: Clock;
  readonly #throttle: Throttle;
  readonly #gate: SendGate;
  readonly #calls: SendWindow;
  readonly #adaptive: AdaptiveLimit;
  readonly #callLines = new Map<OperationName, SendLine>();
  readonly #readLines = new Map<string, SendLine>();
  readonly #paces = new Map<OperationName, OperationPace>();
  readonly #day: DayBudget | null;

  constructor(config: RateLimitConfig, clock: Clock) {
    const { callsPerSecond, totalPerSecond, callsPerDay } = config;
    this.#config = config;
    this.#clock = clock;
    this.#throttle = new Throttle({ perSecond: this.perSecond });
    this.#adaptive = new AdaptiveLimit(this.perSecond, clock.now);
    this.#gate = new SendGate({
      limit: totalPerSecond ?? Infinity,
      limitNow: () => this.totalNow ?? Infinity,
      now: clock.now,
      pausedUntil: () => this.pausedUntil,
    });
    this.#calls = new SendWindow(callsPerSecond, () => this.perSecondNow);
    this.#day = callsPerDay === null ? null : new DayBudget(callsPerDay, clock);
  }

  /** The most calls in a second, of all operations together. */
  get perSecond(): number {
    const { callsPerSecond, totalPerSecond } = this.#config;
    return Math.min(callsPerSecond, totalPerSecond ?? Infinity);
  }

  /** The same now: less while operators or the provider want it so. */
  get perSecondNow(): number {
    return this.#adaptive.perSecond;
  }

  /** The most calls and reads together in a second now; null: not limited together. */
  get totalNow(): number | null {
    const { totalPerSecond } = this.#config;
    return totalPerSecond === null ? null : this.#adaptive.shareOf(totalPerSecond);
  }

  /** Whether less is allowed now than is configured. */
  get isLowered(): boolean {
    return this.#adaptive.isLowered;
  }

  /** Monotonic instant before which the provider wants no call; in the past: it does not mind. */
  get pausedUntil(): number {
    return this.#adaptive.pausedUntil;
  }

  limitTo(callsPerSecond: number | null): void {
    this.#adaptive.order(callsPerSecond);
  }

  /** `ruling`: the lowest limit of all who share the account beyond this process. */
  throttled(answer: ThrottlingAnswer, ruling?: RulingLimit): void {
    this.#adaptive.throttled(answer, ruling);
  }

  /** Whether calls and reads of a day are counted. */
  get limitsTheDay(): boolean {
    return this.#day !== null;
  }

  /** The most calls of one operation in a second. */
  perSecondOf(operation: OperationName): number {
    return Math.min(this.#config.perOperation[operation] ?? Infinity, this.perSecond);
  }

  /** Resolves when the next call is due, in the order of asking: lanes that share a limit alternate. */
  async ticket(): Promise<void> {
    this.#throttle.pace(this.perSecondNow);
    return this.#throttle.ticket();
  }

  /**
   * Monotonic instant from which a call of the operation may be picked, by its pace and by the day;
   * 0 at once. A call that is picked before would only wait at the gate. `asker` tells lanes apart
   * that share the limits.
   */
  opensAt(operation: OperationName, asker: object = ANYBODY): number {
    const pace = this.#paceOf(operation)?.opensAt(asker) ?? 0;
    const paused = this.pausedUntil > this.#clock.now() ? this.pausedUntil : 0;
    return Math.max(pace, paused, this.#day?.opensAt() ?? 0);
  }

  /** The calls and reads of the last 24 hours, by all that share the limits; null: not counted. */
  get ofTheDay(): DayBudget["made"] | null {
    return this.#day?.made ?? null;
  }

  /** Why no call may be made for hours; null while calls may be made. */
  usedUp(): string | null {
    return this.#day?.usedUp() ?? null;
  }

  /**
   * Begins one call: it has its place in the operation's pace and in the day from here on. `onLeft`
   * is told the monotonic instant of its first byte.
   *
   * Throws when the day is used up, which `opensAt` tells in the same turn.
   */
  gateFor(
    operation: OperationName,
    onLeft?: (at: number) => void,
    asker: object = ANYBODY,
  ): CallGate {
    const place = this.#day?.take("call") ?? null;
    if (place === null && this.#day !== null) throw new Error("a call was begun past callsPerDay");
    this.#paceOf(operation)?.picked(asker, this.#clock.now());
    return createCallGate(this.#callLine(operation), place, onLeft);
  }

  /**
   * The turns of one connection's reads. What waits is called off by the signal; `onRead` is told
   * how each ended.
   */
  turns(options: ReadTurnsOptions, gateFor = this.readGate.bind(this)): OpenReads {
    const { readsPerSecond, totalPerSecond } = this.#config;
    const perSecond = Math.min(readsPerSecond, totalPerSecond ?? Infinity);
    return new OpenReads(options, { perSecond, gateFor });
  }

  /** The way of one read through the limits; null when the day's share of reads is used up. */
  readGate(action: string): CallGate | null {
    const place = this.#day?.take("read") ?? null;
    if (place === null && this.#day !== null) return null;
    return createCallGate(this.#readLine(action), place);
  }

  #paceOf(operation: OperationName): OperationPace | undefined {
    const limit = this.#config.perOperation[operation];
    if (limit === undefined || limit >= this.perSecond) return undefined;
    return getOrMake(this.#paces, operation, () => new OperationPace(GATE_WINDOW_MS / limit));
  }

  #callLine(operation: OperationName): SendLine {
    const limit = this.#config.perOperation[operation];
    return getOrMake(this.#callLines, operation, () => {
      const own = limit === undefined ? [] : [new SendWindow(limit)];
      return this.#gate.line("call", [...own, this.#calls]);
    });
  }

  #readLine(action: string): SendLine {
    return getOrMake(this.#readLines, action, () =>
      this.#gate.line("read", [new SendWindow(this.#config.readsPerSecond)]),
    );
  }
}

/** The limits of each connection by its name; those that share a limit have the same. */
export function rateLimitsOf(
  connections: readonly { readonly name: string; readonly rateLimit: RateLimitConfig }[],
  clock: Clock,
): ReadonlyMap<string, RateLimits> {
  const own = new Map<string, RateLimits>();
  for (const { name, rateLimit } of connections) {
    if (rateLimit.shareWith === null) own.set(name, new RateLimits(rateLimit, clock));
  }
  const limits = new Map(own);
  for (const { name, rateLimit } of connections) {
    const shared = own.get(rateLimit.shareWith ?? name);
    if (shared === undefined) throw new Error(`${name} shares the limits of nobody`);
    limits.set(name, shared);
  }
  return limits;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
