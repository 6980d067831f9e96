import { describe, expect, it } from "vitest";
import type { LedgerRecord, Limits, SlotRecord } from "../../src/slots/slot-record.ts";
import { SlotSchedule } from "../../src/slots/slot-schedule.ts";
import { LIMIT_COUNTS_MS, SLOT_TERMS } from "../../src/slots/slot-terms.ts";

const T = 1_700_000_000_000;
const { validityMs, atOnceMs, marginMs, leadMs, holdMs } = SLOT_TERMS;

/** A schedule and a log that it reads. */
function aSchedule() {
  const schedule = new SlotSchedule(SLOT_TERMS);
  let offset = 0n;
  const take = (record: LedgerRecord, at: number, leaderEpoch = 1) =>
    schedule.take(record, { offset: offset++, appendedAt: T + at, leaderEpoch });
  return { schedule, take };
}

const written = { key: "a", instance: "one", snapshot: null };
const aCall = (limits: Limits, names = ["fast"]): SlotRecord => {
  return { ...written, kind: "slot", id: 1, traffic: "call", names, limits, validityMs };
};
const aRead = (limits: Limits, action = "look"): SlotRecord => {
  return { ...written, kind: "slot", id: 1, traffic: "read", names: [action], limits, validityMs };
};
const aReset: LedgerRecord = { kind: "reset", instance: "one", why: "" };
const told = (limits: Limits, pauseMs = 0): LedgerRecord => {
  return { ...written, kind: "limits", limits, pauseMs };
};

describe("a slot", () => {
  it("that is due at once may be used for long, so that an answer of the brokers can be waited for", () => {
    const { take } = aSchedule();

    expect(take(aCall({ call: 20 }), 0)).toStrictEqual({
      ...{ kind: "granted", start: T, end: T + atOnceMs },
    });
  });

  it("that is reserved ahead follows the one before it evenly, and may be used for a moment", () => {
    const { take } = aSchedule();
    for (let i = 0; i < 10; i++) take(aCall({ call: 20 }), 0);
    const gap = (1000 + marginMs + validityMs) / 20;

    expect(take(aCall({ call: 20 }), 0)).toMatchObject({
      ...{ start: T + 10 * gap, end: T + 10 * gap + validityMs },
    });
  });

  it("may be used for as long as its author asked, and the N-th after it waits for that", () => {
    const { take } = aSchedule();
    const limits = { call: 2 };
    for (let i = 0; i < 2; i++) take(aCall(limits), 0);
    const long = { ...aCall(limits), validityMs: 100 };
    const start = T + atOnceMs + 1000 + marginMs;

    expect(take(long, 500)).toMatchObject({ start, end: start + 100 });
    take(aCall(limits), 1000);
    expect(take(aCall(limits), 1500)).toMatchObject({ start: start + 100 + 1000 + marginMs });
  });

  it("comes a second and the margin after the one N before it is over, however late that may be", () => {
    const { take } = aSchedule();
    take(aCall({ call: 1 }), 0);

    expect(take(aCall({ call: 1 }), 0)).toMatchObject({ start: T + atOnceMs + 1000 + marginMs });
  });

  it("is nobody's when it would start too far ahead, and counts nowhere then", () => {
    const { take } = aSchedule();
    take(aCall({ call: 1 }), 0);
    take(aCall({ call: 1 }), 0);

    expect(take(aCall({ call: 1 }), 0)).toStrictEqual({ kind: "void", why: "too far ahead" });
    expect(take(aCall({ call: 1 }), 2000)).toMatchObject({ kind: "granted" });
  });

  it("is nobody's when a limit of its operation holds it back from what it shares", () => {
    const { take } = aSchedule();
    const limits = { call: 20, "op:slow": 1 };
    take(aCall(limits, ["slow"]), 0);

    expect(take(aCall(limits, ["slow"]), 0)).toMatchObject({ why: "held back by its own limit" });
    expect(take(aCall({ call: 20 }), 0)).toMatchObject({ kind: "granted" });
  });

  it("of a read waits for its own limit where calls do not count with it", () => {
    const { take } = aSchedule();
    take(aRead({ "read:look": 1 }), 0);

    expect(take(aRead({ "read:look": 1 }), 0)).toMatchObject({ kind: "granted" });
    expect(take(aRead({ "read:list": 1 }, "list"), 0)).toMatchObject({ start: T });
  });

  it("of a read and of a call count together under a total", () => {
    const { take } = aSchedule();
    take(aRead({ total: 1, "read:look": 20 }), 0);

    expect(take(aCall({ total: 1, call: 20 }), 0)).toMatchObject({
      start: T + atOnceMs + 1000 + marginMs,
    });
  });

  it("that may be used for two operations counts for both", () => {
    const { take } = aSchedule();
    take(told({ "op:b": 1 }), 0);
    take(aCall({ call: 20 }, ["a", "b"]), 0);

    expect(take(aCall({ call: 20 }, ["b"]), 0)).toMatchObject({ kind: "void" });
  });
});

describe("a limit", () => {
  it("that is lower counts from its record on, for everybody", () => {
    const { take } = aSchedule();
    take(aCall({ call: 20 }), 0);
    take(told({ call: 1 }), 0);

    expect(take(aCall({ call: 20 }), 0)).toMatchObject({ start: T + atOnceMs + 1000 + marginMs });
  });

  it("counts until nobody has named it for a while", () => {
    const { schedule, take } = aSchedule();
    take(told({ call: 1 }), 0);
    take(told({ call: 20 }), LIMIT_COUNTS_MS);

    expect(schedule.limitOf("a", "call", T + LIMIT_COUNTS_MS)).toBe(1);
    expect(schedule.limitOf("a", "call", T + LIMIT_COUNTS_MS + 1)).toBe(20);
  });

  it("of one key is nothing to another", () => {
    const { take } = aSchedule();
    take(aCall({ call: 1 }), 0);

    expect(take({ ...aCall({ call: 1 }), key: "b" }, 0)).toMatchObject({ start: T });
  });

  it("is followed by a pause when the provider wants one", () => {
    const { take } = aSchedule();
    take(told({ call: 20 }, 1000), 0);

    expect(take(aCall({ call: 20 }), 10)).toMatchObject({ start: T + 1000 });
  });
});

describe("the time of the brokers", () => {
  it("never goes backwards within one scale", () => {
    const { schedule, take } = aSchedule();
    take(aCall({ call: 20 }), 50);

    expect(take(aCall({ call: 20 }), 20)).toMatchObject({ start: T + 50 + 51.25 });
    expect(schedule.tp).toBe(T + 50);
  });

  it.each([
    ["another leader", aCall({ call: 20 }), 2],
    ["a clock that was set", aReset, 1],
  ])("begins anew with %s: nothing starts until all older slots are over", (_, record, epoch) => {
    const { schedule, take } = aSchedule();
    take(aCall({ call: 20 }), 0);
    take(record, -5000, epoch);
    const opens = T - 5000 + holdMs + 1000 + marginMs;

    expect(schedule.tp).toBe(T - 5000);
    expect(take(aCall({ call: 20 }), -4000, epoch)).toMatchObject({ kind: "void" });
    expect(take(aCall({ call: 20 }), -5000 + holdMs - leadMs + 1100, epoch)).toMatchObject({
      start: opens,
    });
  });
});
