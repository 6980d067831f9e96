import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseReport } from "../../src/control/lane-report.ts";
import { aControl, anOrder, ManualControlLog, ObedientLane } from "./a-control.ts";

const START = Date.parse("2026-03-02T12:00:00Z");
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const inAnHour = START + 3_600_000;

describe("lanes under control", () => {
  it("obey what stood in the topic before they began", async () => {
    const [paused, limited, free] = ["a", "b", "c"].map((name) => new ObedientLane(name));
    const topic = new ManualControlLog();
    topic.order("a", anOrder("pause", { until: inAnHour }));
    topic.order("b/limit", anOrder("limit", { callsPerSecond: 4 }));
    topic.order("c", anOrder("pause", { until: START - 1 }));
    const { begin } = aControl([paused!, limited!, free!], topic);
    await begin();

    expect(paused?.paused).toStrictEqual({
      message: "by ann@desk: an incident",
      until: inAnHour,
    });
    expect([limited?.limit, free?.paused, free?.limit]).toStrictEqual([4, null, null]);
  });

  it("obey what comes, at once, and leave who, why and until when in the log", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin, log } = aControl([lane]);
    await begin();
    topic.order("a", anOrder("pause", { until: inAnHour }));
    topic.order("a/limit", anOrder("limit", { callsPerSecond: 4 }));
    expect([lane.paused?.until, lane.limit]).toStrictEqual([inAnHour, 4]);
    topic.order("a", anOrder("resume", { who: "bob@desk", reason: "fixed" }));
    expect([lane.paused, lane.limit]).toStrictEqual([null, 4]);
    topic.order("a/limit", anOrder("resume"));
    expect([lane.paused, lane.limit]).toStrictEqual([null, null]);

    const ann = { provider: "a", who: "ann@desk", reason: "an incident" };
    expect(log.entries).toMatchObject([
      { event: "lane.paused", fields: { ...ann, until: "2026-03-02T13:00:00.000Z" } },
      { event: "lane.limited", fields: { ...ann, callsPerSecond: 4, until: null } },
      { event: "lane.resumed", fields: { provider: "a", who: "bob@desk", reason: "fixed" } },
      { event: "lane.unlimited", fields: ann },
    ]);
  });

  it("go on by themselves when an order's time is over, and say so", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin, log } = aControl([lane]);
    await begin();
    topic.order("a/limit", anOrder("limit", { callsPerSecond: 4, until: START + 60_000 }));
    topic.order("a", anOrder("pause", { until: START + 90_000 }));
    await vi.advanceTimersByTimeAsync(61_000);
    expect([lane.limit, lane.paused?.until]).toStrictEqual([null, START + 90_000]);
    await vi.advanceTimersByTimeAsync(30_000);

    expect(lane.paused).toBeNull();
    expect(log.entries.slice(-2)).toMatchObject([
      { event: "lane.unlimited", fields: { ended: { who: "ann@desk" } } },
      { event: "lane.resumed", fields: { ended: { who: "ann@desk" } } },
    ]);
  });

  it("obey the newest order, and none when it is taken out of the topic", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin } = aControl([lane]);
    await begin();
    topic.order("a", anOrder("pause"));
    topic.order("a", anOrder("pause", { id: "second", reason: "another" }));
    expect(lane.paused?.message).toBe("by ann@desk: another");
    await topic.write("a", null);

    expect(lane.paused).toBeNull();
  });

  it.each([
    ["cannot be read", "a", "{"],
    ["are of a kind that nobody knows", "a", JSON.stringify({ ...anOrder("pause"), order: "x" })],
    ["stand under a key that nobody knows", "a/colour", JSON.stringify(anOrder("resume"))],
  ])("keep what they were told before when orders %s, and say so", async (_, key, value) => {
    const lane = new ObedientLane("a");
    const { topic, begin, log } = aControl([lane]);
    await begin();
    topic.order("a", anOrder("pause"));
    await topic.write(key, Buffer.from(value));
    await vi.advanceTimersByTimeAsync(2000);

    expect(lane.paused).not.toBeNull();
    expect(log.entries.at(-1)).toMatchObject({
      level: "warn",
      event: "control.order-ignored",
      fields: { key },
    });
  });

  it("are not moved by orders for lanes that are not here", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin, log } = aControl([lane]);
    await begin();
    topic.order("b", anOrder("pause"));

    expect(lane.paused).toBeNull();
    expect(log.entries).toMatchObject([{ event: "control.order-ignored", fields: { key: "b" } }]);
  });

  it("that share limits obey the lowest of their orders together", async () => {
    const [own, sharer, other] = [
      new ObedientLane("own"),
      new ObedientLane("sharer", "own"),
      new ObedientLane("other"),
    ];
    const { topic, begin } = aControl([own, sharer, other]);
    await begin();
    topic.order("sharer/limit", anOrder("limit", { callsPerSecond: 4 }));
    topic.order("own/limit", anOrder("limit", { id: "higher", callsPerSecond: 9 }));
    expect([own.limit, sharer.limit, other.limit]).toStrictEqual([4, 4, null]);
    topic.order("sharer/limit", anOrder("resume"));

    expect([own.limit, sharer.limit, other.limit]).toStrictEqual([9, 9, null]);
  });

  it("look at the clock every second", async () => {
    const lane = new ObedientLane("a");
    const { begin } = aControl([lane]);
    await begin();
    await vi.advanceTimersByTimeAsync(5000);

    expect(lane.looks).toBe(6);
  });
});

describe("reports", () => {
  const reportsIn = (topic: ManualControlLog) =>
    topic.writes.filter((key) => key.includes("report/")).length;

  it("say at once how a lane stands, then every 15 s, and sooner when something changes", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin } = aControl([lane]);
    await begin();
    await vi.advanceTimersByTimeAsync(0);
    expect(parseReport(topic.values.get("report/a/instance-1")!)).toStrictEqual({
      ...{ at: START, waiting: 3, inFlight: 0, callsPerSecond: 20, limitedTo: null },
      ...{ held: [], breaker: "closed", heard: { pause: null, limit: null } },
    });
    await vi.advanceTimersByTimeAsync(13_900);
    expect(reportsIn(topic)).toBe(1);
    await vi.advanceTimersByTimeAsync(2200);
    expect(reportsIn(topic)).toBe(2);
    lane.inFlight = 1;
    await vi.advanceTimersByTimeAsync(2000);

    expect(reportsIn(topic)).toBe(3);
  });

  it("come every two seconds at the most, however much changes", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin } = aControl([lane]);
    await begin();
    for (let change = 0; change < 100; change++) {
      lane.inFlight += 1;
      await vi.advanceTimersByTimeAsync(100);
    }

    expect(reportsIn(topic)).toBe(6);
  });

  it("name the orders that are obeyed", async () => {
    const lane = new ObedientLane("a");
    const { topic, begin } = aControl([lane]);
    await begin();
    topic.order("a", anOrder("resume", { id: "r-1" }));
    topic.order("a/limit", anOrder("limit", { id: "l-1", callsPerSecond: 4 }));
    await vi.advanceTimersByTimeAsync(2000);

    expect(parseReport(topic.values.get("report/a/instance-1")!)).toMatchObject({
      ...{ callsPerSecond: 4, limitedTo: 4, heard: { pause: "r-1", limit: "l-1" } },
    });
  });

  it("are written again when they could not be written", async () => {
    const { topic, begin, control } = aControl([new ObedientLane("a")]);
    topic.isAway = true;
    await begin();
    await vi.advanceTimersByTimeAsync(10_000);
    topic.isAway = false;
    await vi.advanceTimersByTimeAsync(2000);

    expect(reportsIn(topic)).toBe(1);
    await control.end(1000);
  });

  it("are taken back at the end, and none comes after that", async () => {
    const { topic, begin, control } = aControl([new ObedientLane("a"), new ObedientLane("b")]);
    await begin();
    await vi.advanceTimersByTimeAsync(0);
    await control.end(1000);
    await vi.advanceTimersByTimeAsync(100_000);

    expect(topic.writes).toStrictEqual([
      "report/a/instance-1",
      "report/b/instance-1",
      "-report/a/instance-1",
      "-report/b/instance-1",
    ]);
  });

  it("of instances that were killed long ago are forgotten by the next one that begins", async () => {
    const topic = new ManualControlLog();
    const report = (at: number) =>
      Buffer.from(
        JSON.stringify({
          ...{ at, waiting: 0, inFlight: 0, callsPerSecond: 20, limitedTo: null },
          ...{ held: [], breaker: "closed", heard: { pause: null, limit: null } },
        }),
      );
    await topic.write("report/a/long-dead", report(START - 3_700_000));
    await topic.write("report/a/just-dead", report(START - 100_000));
    await topic.write("report/a/unreadable", Buffer.from("{"));
    topic.order("a", anOrder("pause", { at: 1 }));
    const { begin } = aControl([new ObedientLane("a")], topic);
    await begin();
    await vi.advanceTimersByTimeAsync(0);

    expect([...topic.values.keys()].toSorted()).toStrictEqual([
      "a",
      "report/a/instance-1",
      "report/a/just-dead",
    ]);
  });
});
