import type { OperationName } from "../domain/operation.ts";
import type { CouldMake } from "../lanes/account-limits.ts";
import type { RulingLimit } from "../lanes/adaptive-limit.ts";
import type { Traffic } from "../lanes/send-gate.ts";
import { BegunCalls } from "./begun-calls.ts";
import type { SureTime } from "./broker-clock.ts";
import { chooseAsks } from "./choose-asks.ts";
import type { DayCount } from "./day-count.ts";
import { GroupRule } from "./group-rule.ts";
import { LeadTime } from "./lead-time.ts";
import { isSurelyIn, OwnSlots } from "./own-slots.ts";
import { type Ticket, wantsOf } from "./slot-demand.ts";
import type { SlotHolder, SlotLedger } from "./slot-ledger.ts";
import type { BegunCall, SlotPass } from "./slot-pass.ts";
import { SlotEnds, type SlotEndsParts } from "./slot-ends.ts";
import type { SlotFate } from "./slot-reader.ts";
import { type Limits, useKey } from "./slot-record.ts";
import { SLOT_TERMS } from "./slot-terms.ts";
import { SlotUses, type SlotUsesParts } from "./slot-uses.ts";
import { SlotWaiters } from "./slot-waiters.ts";

export interface SlotKeeperParts extends SlotUsesParts, SlotEndsParts {
  readonly ledger: Pick<SlotLedger, "schedule" | "time" | "reserve" | "tell">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly isLowered: () => boolean;
  /** Monotonic instant before which nothing may leave. */
  readonly pausedUntil: () => number;
  readonly day: DayCount | null;
}

/** What a slot must be reserved ahead so that it is not due at once: the brokers' answer included. */
const AHEAD_MS = 250;
const LOOK_AGAIN_MS = 50;
/** After the brokers did not take what was asked for. */
const ASK_AGAIN_MS = 250;

/**
 * The slots of one limit in one process: asks for as many as there is work for, and gives each to
 * whoever is at the gate when its time has come.
 *
 * A call takes whatever own slot comes next and may be used for it, so that one whose slot was missed
 * keeps its claim and goes with the next.
 */
export class SlotKeeper implements SlotHolder {
  readonly #parts: SlotKeeperParts;
  readonly #uses: SlotUses;
  readonly #rule: GroupRule;
  readonly #slots = new OwnSlots();
  readonly #lead = new LeadTime();
  readonly #ends: SlotEnds;
  readonly #waiters = new SlotWaiters();
  readonly #tickets = new Set<Ticket>();
  /** Operations that were asked about since the last ticket, by who asked. */
  readonly #askedAbout = new Map<object, Set<OperationName>>();
  readonly #begun = new BegunCalls();
  #isAsking = false;
  #asksFrom = -Infinity;
  #isTurnDue = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: SlotKeeperParts) {
    this.#parts = parts;
    this.#uses = new SlotUses(parts);
    this.#rule = new GroupRule(parts);
    this.#ends = new SlotEnds(parts);
  }

  get key(): string {
    return this.#parts.key;
  }

  get day(): DayCount | null {
    return this.#parts.day;
  }

  get isLowered(): boolean {
    return this.#parts.isLowered();
  }

  get isWaitedFor(): boolean {
    return this.#waiters.size + this.#tickets.size > 0;
  }

  limits(): Limits {
    return this.#parts.limits();
  }

  /** The limit of all calls that rules over all replicas; `Infinity` while it is not known. */
  get ruling(): RulingLimit {
    return this.#rule.limit;
  }

  slot(id: number, fate: SlotFate): void {
    this.#ends.decided(fate.kind);
    this.#slots.decided(id, fate);
  }

  dropAll(): void {
    this.#ends.wasted(this.#slots.granted);
    this.#slots.drop();
  }

  changed(): void {
    this.#rule.changed();
    if (this.isWaitedFor || this.#slots.granted.length > 0) this.#turn();
  }

  /** Tells the other replicas what this one lives by now. */
  tell(pauseMs = 0): void {
    this.#parts.ledger.tell(this.key, pauseMs);
  }

  /** Resolves when a call should be begun, shortly before an own slot starts. */
  async ticket(couldMake: CouldMake, asker: object): Promise<void> {
    const operations = [...(this.#askedAbout.get(asker) ?? this.#parts.operations)];
    return new Promise((resolve) => {
      this.#tickets.add({ asker, couldMake, operations, come: resolve });
      this.#turnSoon();
    });
  }

  /** Milliseconds until a slot of the operation is to be had or asked for; 0 at once. */
  opensIn(operation: OperationName, asker: object): number {
    const { ledger, key } = this.#parts;
    const asked = this.#askedAbout.get(asker) ?? new Set();
    this.#askedAbout.set(asker, asked.add(operation));
    const time = ledger.time();
    const schedule = ledger.schedule;
    if (time === null || schedule === null) return LOOK_AGAIN_MS;
    const use = this.#uses.of(operation);
    if (use.names.length > 1 || !this.#uses.isLimited(operation)) return 0;
    const group = useKey(use);
    if (this.#slots.countOf(group) > this.#begun.countOf(use)) return 0;
    const { start, sharedStart, isGranted } = schedule.project(key, use, time.hi);
    if (isGranted) return 0;
    return Math.max(1, start - SLOT_TERMS.validityMs - sharedStart);
  }

  /** A call is begun and needs a slot, until it gets one or is over. */
  begin(operation: OperationName): BegunCall {
    let needsOne: (() => void) | null = this.#begun.begin(operation);
    const end = () => {
      needsOne?.();
      needsOne = null;
    };
    this.#turnSoon();
    return {
      pass: async (signal) => {
        // Whose slot was over before it could leave needs another one.
        needsOne ??= this.#begun.begin(operation);
        return this.pass("call", operation, signal, end);
      },
      end,
    };
  }

  /** A call needed so long from its ticket to the gate. */
  tookToGate(ms: number): void {
    this.#lead.took(ms);
  }

  /**
   * Resolves when an own slot has come that may be used for this, which is used up then. Rejects with
   * the signal's reason. `onFound` is called before anybody asks for the next one.
   */
  async pass(
    traffic: Traffic,
    name: string,
    signal: AbortSignal,
    onFound: () => void = () => undefined,
  ): Promise<SlotPass> {
    signal.throwIfAborted();
    const found = this.#waiters.wait({ traffic, name }, signal, onFound);
    this.#turn();
    const slot = await found;
    return {
      isOpen: () => {
        const time = this.#parts.ledger.time();
        return time !== null && isSurelyIn(slot, time) && slot.start >= this.#rule.pausedUntil;
      },
      ended: (how) => this.#ends.used(slot, how),
    };
  }

  #turnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      this.#turn();
    });
  }

  /** Does all that can be done now, and wakes up when there is more. */
  #turn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const begun = this.#parts.ledger.time();
    this.#dropPaused();
    this.#dropOver();
    this.#letPass();
    this.#giveTicket();
    const askInMs = this.#ask();
    const wakeInMs = Math.min(askInMs, this.#nextInMs(begun));
    if (wakeInMs === Infinity) return;
    this.#timer = setTimeout(() => this.#turn(), Math.max(1, Math.ceil(wakeInMs)));
  }

  /** What was granted before somebody was told to pause is not used during the pause. */
  #dropPaused(): void {
    this.#ends.wasted(this.#slots.takeBefore(this.#rule.pausedUntil));
  }

  #dropOver(): void {
    const time = this.#parts.ledger.time();
    if (time === null) return;
    for (const slot of this.#slots.takeOver(time)) {
      const stoodAtGate = this.#waiters.wants(slot);
      const isOnTheWay = slot.traffic === "call" && this.#begun.countOf(slot) > 0;
      if (stoodAtGate || isOnTheWay) this.#ends.missed(slot, stoodAtGate);
      else this.#ends.wasted([slot]);
    }
  }

  #letPass(): void {
    const { ledger, now, pausedUntil } = this.#parts;
    if (pausedUntil() > now()) return;
    this.#waiters.letPass(({ traffic, name }) => {
      const time = ledger.time();
      return time === null ? undefined : this.#slots.take(traffic, name, time);
    });
  }

  /** One at a time: who gets it begins a call, which counts for the next one. */
  #giveTicket(): void {
    const time = this.#parts.ledger.time();
    if (time === null) return;
    const near = this.#slots.granted.filter(({ traffic, start }) => {
      return traffic === "call" && start - time.lo <= this.#lead.ms;
    });
    for (const ticket of this.#tickets) {
      const isFor = ticket.operations.some((operation) => {
        const group = useKey(this.#uses.of(operation));
        const free = near.filter((slot) => slot.group === group).length;
        return free > this.#begun.countOf(this.#uses.of(operation));
      });
      if (!isFor) continue;
      this.#tickets.delete(ticket);
      this.#askedAbout.delete(ticket.asker);
      ticket.come();
      this.#turnSoon();
      return;
    }
  }

  /** Asks for slots that are wanted; how long until more can be asked for. */
  #ask(): number {
    const { ledger, key, now } = this.#parts;
    const { schedule } = ledger;
    const time = ledger.time();
    if (this.#isAsking) return Infinity;
    if (now() < this.#asksFrom) return this.#asksFrom - now();
    this.#slots.forgetOld(now());
    const wants = wantsOf({
      ...{ begun: this.#begun, uses: this.#uses, tickets: this.#tickets, waiters: this.#waiters },
      aheadMs: AHEAD_MS + this.#lead.ms,
    }).beyond((group) => this.#slots.countOf(group));
    if (!wants.some(({ count }) => count > 0)) return Infinity;
    if (schedule === null || time === null) return LOOK_AGAIN_MS;
    const { asks, waitMs } = chooseAsks({
      ...{ key, wants, schedule, time, slots: this.#slots, uses: this.#uses, now: now() },
      validityMs: this.#ends.validityMs,
    });
    if (asks.length === 0) return Math.min(waitMs, LOOK_AGAIN_MS);
    this.#isAsking = true;
    void ledger.reserve(key, asks).then((isWritten) => {
      this.#isAsking = false;
      if (!isWritten) {
        this.#slots.doubt(asks.map(({ id }) => id));
        this.#asksFrom = now() + ASK_AGAIN_MS;
      }
      this.#turn();
    });
    return Infinity;
  }

  /** From the time at which the turn began: what came since was not looked at yet. */
  #nextInMs(time: SureTime | null): number {
    const { now, pausedUntil } = this.#parts;
    if (time === null) return this.isWaitedFor ? LOOK_AGAIN_MS : Infinity;
    const lead = this.#tickets.size > 0 ? this.#lead.ms : 0;
    const instants = this.#slots.granted.flatMap(({ start, end }) => [
      start - time.lo,
      start - time.lo - lead,
      end - time.hi + 1,
    ]);
    const pause = this.#waiters.size > 0 ? [pausedUntil() - now()] : [];
    const forgets = this.isWaitedFor ? [this.#slots.forgetsAt - now()] : [];
    return Math.min(Infinity, ...[...instants, ...pause, ...forgets].filter((ms) => ms > 0));
  }
}
