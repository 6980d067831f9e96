import type { OperationName } from "../domain/operation.ts";
import type { AccountLimits, CouldMake, DayFigures } from "../lanes/account-limits.ts";
import type { ThrottlingAnswer } from "../lanes/adaptive-limit.ts";
import type { CallGate } from "../lanes/call-gate.ts";
import type { Clock } from "../lanes/clock.ts";
import type { RateLimits } from "../lanes/rate-limits.ts";
import type { OpenReads, ReadTurnsOptions } from "../lanes/read-turns.ts";
import type { Traffic } from "../lanes/send-gate.ts";
import type { SlotKeeper } from "./slot-keeper.ts";
import type { SlotPass } from "./slot-pass.ts";

export interface GroupLimitsParts {
  /** What this process keeps for itself: the same limits, behind the slots, as a second guard. */
  readonly local: RateLimits;
  readonly keeper: SlotKeeper;
  readonly clock: Clock;
  readonly callsPerDay: number | null;
  /** The brokers' time, for the day; null: not known. */
  readonly brokersTime: () => number | null;
}

const ANYBODY = {};
const ONE_CALL: CouldMake = { calls: 1, of: () => 1 };

/**
 * The limits of one account, kept by all replicas together: whatever leaves has a slot of the group,
 * and passes this process's own gate besides.
 *
 * Without slots nothing leaves: when the brokers are away, claims could not be written either.
 */
export class GroupLimits implements AccountLimits {
  readonly #parts: GroupLimitsParts;

  constructor(parts: GroupLimitsParts) {
    this.#parts = parts;
  }

  get perSecond(): number {
    return this.#parts.local.perSecond;
  }

  get perSecondNow(): number {
    const { local, keeper } = this.#parts;
    return Math.min(local.perSecondNow, keeper.ruling.perSecond);
  }

  get limitsTheDay(): boolean {
    return this.#parts.local.limitsTheDay;
  }

  get ofTheDay(): DayFigures | null {
    const { callsPerDay } = this.#parts;
    const made = this.#made();
    if (callsPerDay === null || made === null) return this.#parts.local.ofTheDay;
    return { limit: callsPerDay, calls: made.calls, reads: made.reads };
  }

  perSecondOf(operation: OperationName): number {
    return this.#parts.local.perSecondOf(operation);
  }

  async ticket(couldMake: CouldMake = ONE_CALL, asker: object = ANYBODY): Promise<void> {
    return this.#parts.keeper.ticket(couldMake, asker);
  }

  opensAt(operation: OperationName, asker: object = ANYBODY): number {
    const { local, keeper, clock } = this.#parts;
    const opensIn = keeper.opensIn(operation, asker);
    const opensAt = opensIn === 0 ? 0 : clock.now() + opensIn;
    const dayIn = this.#dayOpensIn();
    const dayAt = dayIn === 0 ? 0 : clock.now() + dayIn;
    return Math.max(local.opensAt(operation, asker), opensAt, dayAt);
  }

  usedUp(): string | null {
    const { callsPerDay, clock } = this.#parts;
    const opensInMs = this.#dayOpensIn();
    const made = this.#made();
    if (opensInMs === 0 || made === null) return this.#parts.local.usedUp();
    const next = Number.isFinite(opensInMs)
      ? `; the next is possible at ${new Date(clock.epoch() + opensInMs).toISOString()}`
      : "";
    return `the group made ${made.calls + made.reads} calls and reads in the last 24 hours and callsPerDay is ${callsPerDay ?? 0}${next}`;
  }

  gateFor(
    operation: OperationName,
    onLeft: (at: number) => void = () => undefined,
    asker: object = ANYBODY,
  ): CallGate {
    const { local, keeper, clock } = this.#parts;
    const begunAt = clock.now();
    const isOnItsWay = { missed: false };
    const begun = keeper.begin(operation);
    const gate = local.gateFor(
      operation,
      (at) => {
        if (!isOnItsWay.missed) onLeft(at);
      },
      asker,
    );
    return {
      pass: async (signal) => {
        keeper.tookToGate(clock.now() - begunAt);
        return passBoth(async () => begun.pass(signal), gate, isOnItsWay, signal);
      },
      close: () => {
        begun.end();
        gate.close();
      },
    };
  }

  turns(options: ReadTurnsOptions): OpenReads {
    const { local, keeper } = this.#parts;
    return local.turns(options, (action) => {
      const gate = this.#dayOpensIn("read") === 0 ? local.readGate(action) : null;
      if (gate === null) return null;
      const isOnItsWay = { missed: false };
      return {
        pass: async (signal) => {
          return passBoth(
            async () => keeper.pass("read", action, signal),
            gate,
            isOnItsWay,
            signal,
          );
        },
        close: () => gate.close(),
      };
    });
  }

  limitTo(callsPerSecond: number | null): void {
    const { local, keeper } = this.#parts;
    local.limitTo(callsPerSecond);
    keeper.tell();
  }

  throttled(answer: ThrottlingAnswer): void {
    const { local, keeper, clock } = this.#parts;
    local.throttled(answer, keeper.ruling);
    keeper.tell(Math.max(0, Math.ceil(local.pausedUntil - clock.now())));
  }

  #made() {
    const { keeper, brokersTime } = this.#parts;
    const time = brokersTime();
    return keeper.day === null || time === null ? null : keeper.day.made(time);
  }

  /** Milliseconds until the day has room for one more; 0: it has. */
  #dayOpensIn(traffic: Traffic = "call"): number {
    const { keeper, callsPerDay, brokersTime } = this.#parts;
    const made = this.#made();
    if (keeper.day === null || callsPerDay === null || made === null) return 0;
    if (keeper.day.hasRoom(traffic, callsPerDay)) return 0;
    return Math.max(1, made.nextAt - (brokersTime() ?? 0));
  }
}

/** A slot, then the own gate, then once more the slot: right before the first byte. */
async function passBoth(
  nextSlot: () => Promise<SlotPass>,
  gate: CallGate,
  state: { missed: boolean },
  signal: AbortSignal,
): Promise<() => void> {
  for (;;) {
    const slot = await nextSlot();
    const leave = await gate.pass(signal);
    if (!slot.isOpen()) {
      // The own gate was shut for longer than the slot is valid: its place is used up.
      state.missed = true;
      leave();
      state.missed = false;
      slot.ended("late");
      continue;
    }
    let hasLeft = false;
    return () => {
      // Whoever cannot be sure that it left tells so once more when the connection is over.
      if (hasLeft) return;
      hasLeft = true;
      state.missed = !slot.isOpen();
      leave();
      slot.ended(state.missed ? "late" : "used");
      if (state.missed) throw new Error("the slot was over before the call could begin");
    };
  }
}
