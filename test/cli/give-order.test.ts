import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AskedOrder, checkOrder, giveOrder } from "../../src/cli/give-order.ts";
import type { Config } from "../../src/config/config.ts";
import { parseOrder } from "../../src/control/lane-order.ts";
import { encodeReport } from "../../src/control/lane-report.ts";
import { OrderBook } from "../../src/control/order-book.ts";
import { ReportBook } from "../../src/control/report-book.ts";
import { ManualControlLog } from "../control/a-control.ts";
import { aProviderConfig } from "../support/provider-config.ts";
import { aConfig } from "./a-config.ts";

const START = Date.parse("2026-03-02T12:00:00Z");
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const asked = (overrides: Partial<AskedOrder> = {}): AskedOrder => ({
  ...{ action: "pause", lane: "wedata", reason: "an incident", who: "ann@desk" },
  ...{ forMs: null, callsPerSecond: null, ...overrides },
});

function aConnection(name: string, rateLimit: Partial<Config["providers"][number]["rateLimit"]>) {
  const own = aProviderConfig("tencent-wedata", { port: 1 });
  return { ...own, name, rateLimit: { ...own.rateLimit, ...rateLimit } };
}

const config: Config = {
  ...aConfig({}),
  providers: [
    aConnection("wedata", { callsPerSecond: 20 }),
    aConnection("sharer", { shareWith: "wedata" }),
    aConnection("total", { totalPerSecond: 5 }),
  ],
};

describe("an order that somebody asks for", () => {
  it.each<[string, Partial<AskedOrder>, RegExp]>([
    ["names no lane", { lane: null }, /Name the lane to pause: one of wedata, sharer, total/],
    ["names a lane that is not configured", { lane: "wedta" }, /no lane wedta, only wedata/],
    ["has no reason", { reason: null }, /--reason/],
    ["has a blank reason", { reason: " " }, /--reason/],
    ["has too long a reason", { reason: "r".repeat(1001) }, /--reason has 1001 .* 1000/],
    ["is given by nobody", { who: "" }, /--by/],
    ["is given by a blank", { who: " " }, /--by/],
    ["is given by too long a name", { who: "w".repeat(1001) }, /--by has 1001 .* 1000/],
    ["is a limit without a number", { action: "limit" }, /--calls-per-second/],
    ["is a pause with a number", { callsPerSecond: 3 }, /--calls-per-second/],
    ["resumes for a time", { action: "resume", forMs: 1000 }, /--for/],
    ["pauses for no time", { forMs: 0 }, /--for is at least 1s.* resume/],
    [
      "limits for too short a time",
      { action: "limit", callsPerSecond: 1, forMs: 999 },
      /--for is at least 1s/,
    ],
    ["raises the limit", { action: "limit", callsPerSecond: 21 }, /configured for 20/],
    ["raises a shared one", { action: "limit", lane: "sharer", callsPerSecond: 21 }, /for 20/],
    ["raises the total", { action: "limit", lane: "total", callsPerSecond: 6 }, /for 5/],
  ])("is bad usage when it %s", (_, overrides, message) => {
    expect(() => checkOrder(asked(overrides), config)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) as string }),
    );
  });

  it.each<Partial<AskedOrder>>([
    {},
    { forMs: 1000 },
    { reason: "r".repeat(1000), who: "w".repeat(1000) },
    { action: "resume" },
    { action: "limit", callsPerSecond: 20 },
    { action: "limit", lane: "total", callsPerSecond: 5, forMs: 1000 },
  ])("may be %j", (overrides) => {
    expect(checkOrder(asked(overrides), config)).toMatchObject({
      lane: expect.any(String) as string,
    });
  });
});

/** A control topic as the command sees it. */
function aSession() {
  const topic = new ManualControlLog();
  const [orders, reports] = [new OrderBook(), new ReportBook()];
  topic.follow((key, value) => {
    orders.take(key, value);
    reports.take(key, value);
  });
  const report = async (instance: string, heard: OrderHeard, at = Date.now()) =>
    topic.write(
      `report/wedata/${instance}`,
      encodeReport({
        ...{ at, waiting: 0, inFlight: 0, callsPerSecond: 20, limitedTo: null },
        ...{ held: [], breaker: "closed", heard },
      }),
    );
  const written = (key: string, matter: "pause" | "limit") => {
    const parsed = parseOrder(matter, topic.values.get(key)!);
    if ("problem" in parsed) throw new Error(parsed.problem);
    return parsed.order;
  };
  return { topic, orders, reports, report, written, write: topic.write };
}

type OrderHeard = Parameters<typeof encodeReport>[0]["heard"];

const give = async (session: ReturnType<typeof aSession>, overrides: Partial<AskedOrder> = {}) =>
  giveOrder(checkOrder(asked(overrides), config), session);

const NOTHING: OrderHeard = { pause: null, limit: null };

describe("giving an order", () => {
  it("writes who, why, when and until when under the lane's name", async () => {
    const session = aSession();
    await give(session, { forMs: 7_200_000 });

    expect(session.written("wedata", "pause")).toMatchObject({
      ...{ order: "pause", who: "ann@desk", reason: "an incident" },
      ...{ at: START, until: START + 7_200_000 },
    });
  });

  it("leaves a pause in force beside a limit, and ends both with resume", async () => {
    const session = aSession();
    await give(session);
    await give(session, { action: "limit", callsPerSecond: 4 });
    expect(session.orders.inForce("wedata", START)).toMatchObject({
      pause: { order: "pause" },
      limit: { callsPerSecond: 4 },
    });
    await give(session, { action: "resume" });

    expect(session.orders.inForce("wedata", START)).toStrictEqual({ pause: null, limit: null });
  });

  it("writes nothing about a limit that nobody gave", async () => {
    const session = aSession();
    await give(session, { action: "resume" });

    expect(session.topic.writes).toStrictEqual(["wedata"]);
  });

  it("waits until every instance that lives says that it obeys", async () => {
    const session = aSession();
    await session.report("a", NOTHING);
    await session.report("b", NOTHING);
    await session.report("long-gone", NOTHING, START - 61_000);
    const giving = give(session);
    await vi.advanceTimersByTimeAsync(300);
    const { id } = session.written("wedata", "pause");
    await session.report("a", { pause: id, limit: null });
    await vi.advanceTimersByTimeAsync(300);
    await session.report("b", { pause: id, limit: null });
    await vi.advanceTimersByTimeAsync(100);
    const { obeying, others } = await giving;

    expect([obeying.map(({ instance }) => instance), others]).toStrictEqual([["a", "b"], []]);
  });

  it("gives up after five seconds, and tells who did not say so", async () => {
    const session = aSession();
    await session.report("a", NOTHING);
    await session.report("b", NOTHING);
    const giving = give(session);
    await vi.advanceTimersByTimeAsync(300);
    await session.report("a", { pause: session.written("wedata", "pause").id, limit: null });
    await vi.advanceTimersByTimeAsync(5000);
    const { obeying, others } = await giving;

    expect(obeying.map(({ instance }) => instance)).toStrictEqual(["a"]);
    expect(others.map(({ instance }) => instance)).toStrictEqual(["b"]);
  });

  it("waits for nobody when no instance reports", async () => {
    const { obeying, others } = await give(aSession());

    expect([obeying, others]).toStrictEqual([[], []]);
  });
});
