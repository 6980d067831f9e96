import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Evidence } from "../../src/domain/evidence.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import type { LaneOptions } from "../../src/lanes/lane.ts";
import type { Prepare } from "../../src/lanes/preparation.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane, openLimits } from "./a-lane.ts";

const START = 1_700_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

interface OpenReading {
  readonly id: string;
  readonly signal: AbortSignal;
  end(): Promise<void>;
}

/** Readings that the test ends. Each tells how many had begun before it. */
class ManualReadings {
  readonly open: OpenReading[] = [];
  readonly begun: string[] = [];
  readonly applies: Prepare["applies"] = (operation) =>
    operation.kind !== "DataWorksRerunTaskInstances" || operation.comment !== "tells nothing";

  readonly read: Prepare["read"] = async (operation, signal) => {
    const id = targetsOf(operation).join();
    const mark = { reading: this.begun.push(id) };
    return new Promise<Evidence>((resolve) => {
      const open: OpenReading = {
        ...{ id, signal },
        end: async () => {
          this.open.splice(this.open.indexOf(open), 1);
          resolve({ marks: targetsOf(operation).map((target) => ({ target, mark })) });
          await vi.advanceTimersByTimeAsync(0);
        },
      };
      this.open.push(open);
    });
  };

  /** The reading that is open for this target and still wanted. */
  of(target: string): OpenReading {
    const open = this.open.find(({ id, signal }) => id === target && !signal.aborted);
    if (open === undefined) throw new Error(`no reading is open for ${target}`);
    return open;
  }
}

/** A request whose target is its offset, unless told; each comes from a partition of its own. */
function numbered(
  offset: number,
  {
    target = String(offset),
    comment = null,
    partition = offset,
    ...overrides
  }: {
    target?: string;
    comment?: string | null;
    partition?: number;
  } & Parameters<typeof aReceived>[1] = {},
): ReceivedRequest {
  const operation = aDataWorksRerun({ instanceIds: target.split(","), comment });
  return aReceived({ offset, partition }, { operation, ...overrides });
}

/** A lane that reads before its calls; two seconds' worth of window is three requests. */
function aReadingLane(mode: Prepare["mode"], overrides: Partial<LaneOptions> = {}) {
  const readings = new ManualReadings();
  const { read, applies } = readings;
  const limits = openLimits({ perSecondOf: () => 2 });
  return { ...aLane({ prepare: { mode, read, applies }, limits, ...overrides }), readings };
}

const aMoment = async () => vi.advanceTimersByTimeAsync(20);
const MODES = ["auto", "always"] as const;

describe.each(MODES)("a lane that reads before its calls, mode %s", (mode) => {
  it("calls when the reading has ended, and hands it to the desk", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode);
    lane.offer(numbered(1));
    await aMoment();
    expect([provider.called, lane.depth.NORMAL, lane.runnable]).toStrictEqual([[], 1, false]);

    await readings.of("1").end();
    await aMoment();
    await provider.of("1").end();
    expect(desk.evidence).toStrictEqual([{ marks: [{ target: "1", mark: { reading: 1 } }] }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reads a bounded window near the head, the next as one leaves it", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    for (let offset = 1; offset <= 10; offset++) lane.offer(numbered(offset));
    await aMoment();
    expect(readings.begun).toStrictEqual(["1", "2", "3"]);

    await readings.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1"]);
    expect(readings.begun).toStrictEqual(["1", "2", "3", "4"]);
  });

  it("lets those go that are ready while the first is still being read", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await readings.of("2").end();
    await aMoment();

    expect(provider.called).toStrictEqual(["2"]);
  });

  it("lets no request overtake an earlier one with the same target", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1, { target: "11,12" }));
    lane.offer(numbered(2, { target: "12,13" }));
    lane.offer(numbered(3, { target: "13" }));
    await readings.of("12,13").end();
    await readings.of("13").end();
    await aMoment();
    expect(provider.called).toStrictEqual([]);

    await readings.of("11,12").end();
    await aMoment();
    expect(provider.called[0]).toBe("11,12");
  });

  it("makes a reading anew when a call of the same target was under way, after that call", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode);
    lane.offer(numbered(1, { target: "11" }));
    lane.offer(numbered(2, { target: "11" }));
    const [first, second] = readings.open;
    await second?.end();
    await first?.end();
    await aMoment();
    expect(provider.called).toStrictEqual(["11"]);
    expect(readings.begun).toHaveLength(2);

    await provider.of("11").end();
    expect(readings.begun).toHaveLength(3);
    await readings.of("11").end();
    await aMoment();
    await provider.of("11").end();
    expect(desk.evidence.map((one) => one?.marks[0]?.mark["reading"])).toStrictEqual([1, 3]);
  });

  it("tells where the journal stood before the reading began, of the newest reading", async () => {
    const { lane, provider, journal, readings } = aReadingLane(mode, { maxConcurrentCalls: 1 });
    journal.at = 5n;
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    journal.at = 9n;
    await readings.of("1").end();
    await readings.of("2").end();
    await aMoment();
    expect(journal.asks).toMatchObject([
      { evidenceAt: 5n, before: { marks: [{ target: "1", mark: { reading: 1 } }] } },
    ]);

    // By the time of its turn the second one's has become old.
    await vi.advanceTimersByTimeAsync(31_000);
    journal.at = 30n;
    await provider.of("1").end();
    await aMoment();
    await readings.of("2").end();
    await aMoment();
    expect(journal.asks[1]).toMatchObject({
      ...{ evidenceAt: 30n, before: { marks: [{ target: "2", mark: { reading: 3 } }] } },
    });
  });

  it("does not read a target that is held, and reads it when that is over", async () => {
    const { lane, journal, provider, readings } = aReadingLane(mode);
    journal.hold("11");
    lane.offer(numbered(1, { target: "11,12" }));
    lane.offer(numbered(2));
    await aMoment();
    expect([readings.begun, lane.depth.NORMAL]).toStrictEqual([["2"], 2]);

    journal.at = 7n;
    journal.free("11");
    expect(readings.begun).toStrictEqual(["2", "11,12"]);
    await readings.of("11,12").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["11,12"]);
    expect(journal.asks).toMatchObject([{ evidenceAt: 7n }]);
  });

  it("parks one whose target somebody else took while it was being read, and reads it anew", async () => {
    const { lane, journal, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1));
    const reading = readings.of("1");
    journal.hold("1");
    await reading.end();
    await aMoment();
    expect([provider.called, lane.depth.NORMAL, lane.runnable]).toStrictEqual([[], 1, false]);

    journal.free("1");
    expect(readings.begun).toStrictEqual(["1", "1"]);
  });

  it("parks what shares a target with a call until that is concluded, however it is read", async () => {
    const { lane, journal, provider, readings, desk } = aReadingLane(mode);
    desk.onDecided = () => undefined;
    lane.offer(numbered(1, { target: "11" }));
    lane.offer(numbered(2, { target: "11,12" }));
    lane.offer(numbered(3, { target: "12" }));
    const [first, second] = readings.open;
    await first?.end();
    await aMoment();
    expect(second?.signal.aborted).toBe(true);
    await provider.of("11").end(anEnd.uncertain());
    // What shares only with the parked one goes on.
    await readings.of("12").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["11", "12"]);
    expect(readings.begun).toHaveLength(3);

    journal.done("claim-1");
    await aMoment();
    expect(readings.begun).toHaveLength(3);
    journal.done("claim-2");
    expect(readings.begun).toStrictEqual(["11", "11,12", "12", "11,12"]);
  });

  it("lets those go on that were put aside for a call that somebody else makes", async () => {
    const { lane, journal, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1, { target: "11" }));
    lane.offer(numbered(2, { target: "11,12" }));
    journal.refusals.push("taken");
    await readings.of("11").end();
    await aMoment();
    expect(readings.begun).toStrictEqual(["11", "11,12", "11,12"]);

    await readings.of("11,12").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["11,12"]);
  });

  it("lets those go on behind it that were put aside for a call whose claim lapsed", async () => {
    const { lane, journal, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1, { target: "11" }));
    lane.offer(numbered(2, { target: "11,12" }));
    journal.refusals.push("lapsed");
    await readings.of("11").end();
    await aMoment();
    expect(readings.begun).toStrictEqual(["11", "11,12", "11", "11,12"]);

    await readings.of("11,12").end();
    await readings.of("11").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["11"]);
  });

  it("does not hold back those that share a target with one that is somebody else's", async () => {
    const { lane, journal, readings } = aReadingLane(mode);
    lane.offer(numbered(1, { target: "11" }));
    lane.offer(numbered(2, { target: "11,12" }));
    journal.elsewhere.add("req-1-1");
    await readings.of("11").end();
    await readings.of("11,12").end();
    await aMoment();

    expect(journal.asks).toMatchObject([{ targets: ["11", "12"] }]);
    expect(readings.begun).toHaveLength(2);
  });

  it("does not read where a reading can tell nothing", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode);
    lane.offer(numbered(1, { comment: "tells nothing" }));
    await aMoment();
    await provider.of("1").end();

    expect([readings.begun, desk.evidence]).toStrictEqual([[], [null]]);
  });

  it("reads a retried request anew", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode);
    lane.offer(numbered(1));
    await readings.of("1").end();
    await aMoment();
    await provider.of("1").end(anEnd.unavailable());
    await vi.advanceTimersByTimeAsync(100);
    await readings.of("1").end();
    await aMoment();
    await provider.of("1").end();

    expect(desk.evidence.map((one) => one?.marks[0]?.mark["reading"])).toStrictEqual([2]);
  });

  it("prepares the more urgent first, also when the window is full", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    for (let offset = 1; offset <= 5; offset++) lane.offer(numbered(offset));
    lane.offer(numbered(6, { priority: "HIGH" }));
    expect(readings.begun).toStrictEqual(["1", "2", "3", "6"]);
    expect(readings.open.find(({ id }) => id === "3")?.signal.aborted).toBe(true);

    await readings.of("1").end();
    await readings.of("6").end();
    await aMoment();
    expect(provider.called.slice(0, 2).toSorted()).toStrictEqual(["1", "6"]);
    expect(lane.depth).toMatchObject({ NORMAL: 4, HIGH: 0 });
  });

  it("gives back what expires while it is being read", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode);
    lane.offer(numbered(1, { notAfter: START + 500 }));
    const reading = readings.of("1");
    await vi.advanceTimersByTimeAsync(510);

    expect(desk.lines).toStrictEqual(["1 expired after 0"]);
    expect(reading.signal.aborted).toBe(true);
    await reading.end();
    await aMoment();
    expect([provider.called, lane.depth.NORMAL]).toStrictEqual([[], 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("forgets what is being read with its partition", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1));
    const reading = readings.of("1");
    const forgotten = lane.forget(1);
    await reading.end();
    await vi.advanceTimersByTimeAsync(5000);

    expect(forgotten.map(({ source }) => source.offset)).toStrictEqual([1n]);
    expect([provider.called, lane.depth.NORMAL, reading.signal.aborted]).toStrictEqual([
      ...[[], 0, true],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("calls the readings off when it is stopped, and calls nothing", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    lane.offer(numbered(1));
    const reading = readings.of("1");
    await lane.stop();
    await reading.end();
    await vi.advanceTimersByTimeAsync(5000);

    expect([reading.signal.aborted, provider.called, lane.depth.NORMAL]).toStrictEqual([
      ...[true, [], 1],
    ]);
  });

  it("makes a reading anew that has become old while nothing could be called", async () => {
    const { lane, provider, readings, desk } = aReadingLane(mode, { maxConcurrentCalls: 1 });
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await readings.of("1").end();
    await readings.of("2").end();
    await vi.advanceTimersByTimeAsync(31_000);
    await provider.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1"]);
    await readings.of("2").end();
    await aMoment();
    await provider.of("2").end();

    expect(desk.evidence.map((one) => one?.marks[0]?.mark["reading"])).toStrictEqual([1, 3]);
  });

  it("reads only for the probe while it is held, and all again when it goes on", async () => {
    const { lane, provider, readings } = aReadingLane(mode);
    for (let offset = 1; offset <= 4; offset++) lane.offer(numbered(offset));
    await readings.of("1").end();
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    expect(readings.open.every(({ signal }) => signal.aborted)).toBe(true);
    const before = readings.begun.length;

    await vi.advanceTimersByTimeAsync(1010);
    expect(readings.begun.slice(before)).toStrictEqual(["1", "2"]);
    await readings.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "1"]);
    await provider.of("1").end();
    await aMoment();
    expect(lane.held).toStrictEqual([]);
    expect(readings.begun.slice(-3).toSorted()).toStrictEqual(["2", "3", "4"]);
  });

  it("tells the desk of a reading that throws", async () => {
    const bug = new Error("a bug");
    const read = async () => Promise.reject(bug);
    const { lane, desk } = aLane({ prepare: { mode, applies: () => true, read } });
    lane.offer(numbered(1));
    await aMoment();

    expect(desk.failures).toStrictEqual([bug]);
  });
});

describe("a lane that reads before its calls where it costs no pace", () => {
  it("calls without the reading when that takes longer than a second", async () => {
    const { lane, provider, readings, desk, journal } = aReadingLane("auto");
    journal.at = 5n;
    lane.offer(numbered(1));
    const reading = readings.of("1");
    await vi.advanceTimersByTimeAsync(990);
    expect(provider.called).toStrictEqual([]);
    await vi.advanceTimersByTimeAsync(20);
    expect(provider.called).toStrictEqual(["1"]);
    expect(reading.signal.aborted).toBe(true);

    await reading.end();
    await provider.of("1").end();
    expect(desk.evidence).toStrictEqual([null]);
    expect(journal.asks).toMatchObject([{ before: null, evidenceAt: null }]);
  });

  it("keeps its pace though no reading ever ends", async () => {
    const ticket = async () => new Promise<void>((resolve) => setTimeout(resolve, 50));
    const limits = openLimits({ ticket, perSecondOf: () => 20 });
    const { lane, provider } = aReadingLane("auto", { limits, maxConcurrentCalls: 1000 });
    for (let offset = 1; offset <= 500; offset++) lane.offer(numbered(offset));
    await vi.advanceTimersByTimeAsync(11_010);

    expect(provider.called).toHaveLength(200);
    expect(provider.called).toStrictEqual(Array.from({ length: 200 }, (_, at) => String(at + 1)));
  });

  it("reads nothing under a limit of the day", async () => {
    const limits = openLimits({ limitsTheDay: true });
    const { lane, provider, readings } = aReadingLane("auto", { limits });
    lane.offer(numbered(1));
    await aMoment();

    expect([readings.begun, provider.called]).toStrictEqual([[], ["1"]]);
  });
});

describe("a lane that always reads before its calls", () => {
  it("waits for the reading as long as it takes, and lets the others go", async () => {
    const { lane, provider, readings } = aReadingLane("always");
    [1, 2].forEach((offset) => lane.offer(numbered(offset)));
    await readings.of("2").end();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(provider.called).toStrictEqual(["2"]);

    await readings.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["2", "1"]);
  });

  it("reads also under a limit of the day", async () => {
    const limits = openLimits({ limitsTheDay: true });
    const { lane, readings } = aReadingLane("always", { limits });
    lane.offer(numbered(1));

    expect(readings.begun).toStrictEqual(["1"]);
  });
});
