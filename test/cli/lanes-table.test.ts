import { describe, expect, it } from "vitest";
import { describeOrder, lanesTable } from "../../src/cli/lanes-table.ts";
import type { InstanceReport } from "../../src/control/report-book.ts";
import type { LimitOrder, PauseOrder } from "../../src/control/lane-order.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");

const common = { id: "1", who: "ann@desk", reason: "an incident", at: NOW - 60_000 };
const pause: PauseOrder = { ...common, order: "pause", until: NOW + 3_600_000 };
const limit: LimitOrder = { ...common, order: "limit", callsPerSecond: 4, until: null };

function aReport(overrides: Partial<InstanceReport> = {}): InstanceReport {
  return {
    ...{ lane: "wedata", instance: "3f2a1b7c-0000", at: NOW - 4300, waiting: 12, inFlight: 3 },
    ...{ callsPerSecond: 20, limitedTo: null, held: [], breaker: "closed" },
    ...{ heard: { pause: null, limit: null }, ...overrides },
  };
}

const NO_ORDERS = { pause: null, limit: null };

describe("the table of lanes", () => {
  it("shows what each instance reports, and how old that is", () => {
    const lanes = [
      { lane: "wedata", orders: NO_ORDERS, reports: [aReport(), aReport({ instance: "b" })] },
      { lane: "dms", orders: NO_ORDERS, reports: [] },
    ];

    expect(lanesTable(lanes, NOW)).toBe(`\
LANE    INSTANCE  AGE  WAITING  IN FLIGHT  RATE  LIMIT  BREAKER  HELD
wedata  3f2a1b7c  4s   12       3          20/s  -      closed   -
wedata  b         4s   12       3          20/s  -      closed   -
dms     none      -    -        -          -     -      -        -
`);
  });

  it("shows orders with who gave them, why, since and until when, before the reports", () => {
    const held = [
      { why: "paused", message: "by ann@desk: an incident", until: pause.until },
      { why: "credentials", message: "who are you", until: null },
    ];
    const report = aReport({ callsPerSecond: 4, limitedTo: 4, held, breaker: "open" });
    const lanes = [{ lane: "wedata", orders: { pause, limit }, reports: [report] }];

    expect(lanesTable(lanes, NOW)).toBe(`\
LANE    ORDER      UNTIL                 BY        SINCE                 REASON
wedata  pause      2026-03-02T13:00:00Z  ann@desk  2026-03-02T11:59:00Z  an incident
wedata  limit 4/s  resumed               ann@desk  2026-03-02T11:59:00Z  an incident

LANE    INSTANCE  AGE  WAITING  IN FLIGHT  RATE  LIMIT  BREAKER  HELD
wedata  3f2a1b7c  4s   12       3          4/s   4/s    open     \
paused until 2026-03-02T13:00:00Z (by ann@desk: an incident); credentials (who are you)
`);
  });

  it("shows what waits outside of memory beside what waits in it", () => {
    const reports = [
      aReport({ waiting: 125_000, waitingOutsideOfMemory: 875_000 }),
      aReport({ instance: "b", waitingOutsideOfMemory: 0 }),
    ];

    expect(lanesTable([{ lane: "wedata", orders: NO_ORDERS, reports }], NOW)).toBe(`\
LANE    INSTANCE  AGE  WAITING                 IN FLIGHT  RATE  LIMIT  BREAKER  HELD
wedata  3f2a1b7c  4s   125000 +875000 outside  3          20/s  -      closed   -
wedata  b         4s   12                      3          20/s  -      closed   -
`);
  });

  it("shows no age below none when the other clock is ahead", () => {
    const lanes = [{ lane: "a", orders: NO_ORDERS, reports: [aReport({ at: NOW + 9000 })] }];

    expect(lanesTable(lanes, NOW)).toMatch(/3f2a1b7c {2}0ms? /);
  });

  it("does not let what others wrote steer the terminal", () => {
    const lanes = [
      {
        lane: "a",
        orders: { ...NO_ORDERS, pause: { ...pause, reason: "\u001b[2J" } },
        reports: [],
      },
    ];

    expect(lanesTable(lanes, NOW)).not.toContain("\u001b");
  });
});

describe("an order in words", () => {
  it.each([
    [pause, "pause until 2026-03-02T13:00:00Z"],
    [limit, "limit 4/s until resumed"],
    [{ ...common, order: "resume" } as const, "resume"],
  ])("of %j is %s", (order, words) => {
    expect(describeOrder(order)).toBe(words);
  });
});
