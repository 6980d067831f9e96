import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OperationName } from "../../src/domain/operation.ts";
import { SlotKeeper } from "../../src/slots/slot-keeper.ts";
import type { SlotAsk } from "../../src/slots/slot-ledger.ts";
import type { LedgerRecord } from "../../src/slots/slot-record.ts";
import { SlotSchedule } from "../../src/slots/slot-schedule.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const OPERATION: OperationName = "TencentRerunTaskInstances";
const never = new AbortController().signal;
/** Each look at the time takes so long of it. */
const LOOK_MS = 0.05;

/** A keeper whose clock goes on while it is at work, and who is granted what it asks for from `start`. */
function aKeeper(start: number) {
  const watch = { wakes: 0, looks: 0 };
  const sureTime = () => {
    const wakes = Date.now();
    watch.looks = wakes === watch.wakes ? watch.looks + 1 : 0;
    watch.wakes = wakes;
    const at = wakes + watch.looks * LOOK_MS;
    return { lo: at, hi: at };
  };
  const ends: string[] = [];
  const asked: SlotAsk[] = [];
  const schedule = new SlotSchedule(SLOT_TERMS);
  const keeper = new SlotKeeper({
    ...{ key: "account", operations: [OPERATION], day: null },
    ledger: {
      schedule,
      time: sureTime,
      tell: () => undefined,
      reserve: async (_, asks) => {
        asked.push(...asks);
        return Promise.resolve(true);
      },
    },
    now: () => Date.now(),
    limits: () => ({ call: 20, total: 40 }),
    isLowered: () => false,
    pausedUntil: () => 0,
    count: (end) => void ends.push(end),
  });
  const grant = () => {
    const [{ id, validityMs }] = asked as [SlotAsk];
    keeper.slot(id, { kind: "granted", start, end: start + validityMs });
    keeper.changed();
  };
  /** Somebody is asked by the provider for a pause, and tells so. */
  const pause = (pauseMs: number) => {
    const record: LedgerRecord = {
      ...{ kind: "limits", key: "account", instance: "other" },
      ...{ limits: { call: 20 }, pauseMs, snapshot: null },
    };
    const stamp = { offset: 0n, appendedAt: Date.now(), leaderEpoch: 0 };
    schedule.take(record, stamp);
  };
  return { keeper, ends, grant, pause };
}

describe("the keeper of a process's slots", () => {
  it("does not sleep through a slot that opens while it looks whether one has", async () => {
    const phases = Array.from({ length: 40 }, (_, i) => i * (LOOK_MS / 2));
    for (const phase of phases) {
      vi.setSystemTime(0);
      const { keeper, ends, grant } = aKeeper(50 + phase);
      const passes = keeper
        .begin(OPERATION)
        .pass(never)
        .then(() => Date.now());
      await vi.advanceTimersByTimeAsync(10);
      grant();
      await vi.advanceTimersByTimeAsync(90);

      expect(ends, `a slot from ${50 + phase}`).toStrictEqual(["granted"]);
      expect(await passes).toBeLessThanOrEqual(50 + phase + 2);
    }
  });

  it("shuts a slot that somebody has in hand when another replica is told to pause", async () => {
    const { keeper, grant, pause } = aKeeper(50);
    const passes = keeper.begin(OPERATION).pass(never);
    await vi.advanceTimersByTimeAsync(10);
    grant();
    await vi.advanceTimersByTimeAsync(42);
    const slot = await passes;
    expect(slot.isOpen()).toBe(true);

    pause(1000);
    expect(slot.isOpen()).toBe(false);
  });
});
