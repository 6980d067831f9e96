import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Evidence } from "../../src/domain/evidence.ts";
import type { Operation } from "../../src/domain/operation.ts";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import type { LaneOptions } from "../../src/lanes/lane.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane, openLimits } from "./a-lane.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

/** A request for these targets; each comes from a partition of its own unless told. */
function asking(
  offset: number,
  targets: string,
  options: { comment?: string; partition?: number; priority?: "HIGH"; notAfter?: number } = {},
): ReceivedRequest {
  const { comment = null, partition = offset, ...rest } = options;
  const operation = aDataWorksRerun({ instanceIds: targets.split(","), comment });
  return aReceived({ offset, partition }, { operation, ...rest });
}

/** A lane that joins up to four targets. */
function aJoiningLane(overrides: Partial<LaneOptions> = {}) {
  return aLane({ coalesce: { maxInstances: 4, maxBytes: 100_000 }, ...overrides });
}

const aMoment = async () => vi.advanceTimersByTimeAsync(20);

describe("a lane that joins requests", () => {
  it("makes one call of what waits when the slot opens, and tells each its own targets", async () => {
    const { lane, provider, desk, meter, journal } = aJoiningLane();
    lane.offer(asking(1, "1,2"));
    lane.offer(asking(2, "2,3"));
    lane.offer(asking(3, "3"));
    await aMoment();
    await provider.of("1,2,3").end();

    expect(provider.called).toStrictEqual(["1,2,3"]);
    expect(desk.shared).toStrictEqual(["1: 1,2 of 3", "2: 2,3 of 3", "3: 3 of 3"]);
    expect([meter.requests, meter.calls.length, meter.claims]).toStrictEqual([[3], 1, ["granted"]]);
    expect(journal.events).toStrictEqual(["claim-1 asked"]);
  });

  it("calls at once when it is idle, and joins what comes during that call", async () => {
    const { lane, provider } = aJoiningLane({ maxConcurrentCalls: 1 });
    lane.offer(asking(1, "1"));
    await aMoment();
    expect(provider.called).toStrictEqual(["1"]);

    lane.offer(asking(2, "2"));
    lane.offer(asking(3, "3"));
    await provider.of("1").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "2,3"]);
  });

  it("joins no more distinct targets than it may, but any number of requests for them", async () => {
    const { lane, provider } = aJoiningLane();
    for (let offset = 1; offset <= 12; offset += 1) {
      lane.offer(asking(offset, String(((offset - 1) % 6) + 1)));
    }
    await aMoment();
    expect(provider.called).toStrictEqual(["1,2,3,4", "5,6"]);
  });

  it("lets a request with more targets go alone and whole", async () => {
    const { lane, provider } = aJoiningLane();
    lane.offer(asking(1, "1,2,3,4,5"));
    lane.offer(asking(2, "1"));
    lane.offer(asking(3, "6"));
    await aMoment();
    expect(provider.called).toStrictEqual(["1,2,3,4,5", "6"]);
  });

  it("splits no request: what does not fit as a whole waits for the next call", async () => {
    const { lane, provider } = aJoiningLane();
    lane.offer(asking(1, "1,2,3"));
    lane.offer(asking(2, "4,5"));
    lane.offer(asking(3, "6"));
    await aMoment();
    expect(provider.called).toStrictEqual(["1,2,3,6", "4,5"]);
  });

  it("lets nobody overtake one that did not fit and shares a target with it", async () => {
    const { lane, provider } = aJoiningLane();
    lane.offer(asking(1, "1,2,3"));
    lane.offer(asking(2, "4,5"));
    lane.offer(asking(3, "5"));
    await aMoment();
    expect(provider.called).toStrictEqual(["1,2,3", "4,5"]);
  });

  it("joins neither other options nor, when switched off, anything", async () => {
    const { lane, provider } = aJoiningLane();
    lane.offer(asking(1, "1"));
    lane.offer(asking(2, "2", { comment: "another" }));
    await aMoment();
    expect(provider.called).toStrictEqual(["1", "2"]);

    const off = aJoiningLane({ coalesce: { maxInstances: 1, maxBytes: 100_000 } });
    off.lane.offer(asking(1, "1"));
    off.lane.offer(asking(2, "1"));
    await aMoment();
    expect(off.provider.called).toStrictEqual(["1"]);
  });

  it("joins requests of one partition for one target, and no more than the records may weigh", async () => {
    const { lane, provider, desk } = aJoiningLane({
      coalesce: { maxInstances: 4, maxBytes: 2400 },
    });
    for (let offset = 1; offset <= 5; offset += 1) {
      lane.offer(asking(offset, "1", { partition: 0 }));
    }
    await aMoment();
    await provider.of("1").end();
    await aMoment();
    await provider.of("1").end();
    expect(desk.shared).toStrictEqual([
      ...["1: 1 of 3", "2: 1 of 3", "3: 1 of 3"],
      ...["4: 1 of 2", "5: 1 of 2"],
    ]);
  });

  it("calls only for those that were granted", async () => {
    const { lane, provider, journal, desk, meter } = aJoiningLane();
    journal.tries.set("req-4-4", 3);
    for (const offset of [1, 2, 3, 4]) lane.offer(asking(offset, `${offset},1${offset}`));
    journal.refusals.push("taken");
    await aMoment();
    await provider.of("2,12").end();

    expect(desk.lines).toStrictEqual([
      ...["1 elsewhere after 0", "4 elsewhere after 3", "2 accepted after 1"],
    ]);
    expect(meter.claims).toStrictEqual(["taken", "granted", "granted"]);
    expect(provider.called).toStrictEqual(["2,12", "3,13"]);
    expect(journal.events).toContain("claim-2 released: it has no call left");
  });

  it("puts back those whose claim was not decided, while the others are called", async () => {
    const { lane, provider, journal } = aJoiningLane();
    journal.hold("2");
    for (const offset of [1, 2, 3]) lane.offer(asking(offset, String(offset)));
    await aMoment();
    expect(provider.called).toStrictEqual(["1,3"]);

    journal.free("2");
    await aMoment();
    expect(provider.called).toStrictEqual(["1,3", "2"]);
  });

  it("retries all of a call that surely did not run, together, and counts it once for each", async () => {
    const { lane, provider, journal, desk } = aJoiningLane();
    for (const offset of [1, 2, 3]) lane.offer(asking(offset, String(offset)));
    await aMoment();
    await provider.of("1,2,3").end(anEnd.throttled());
    await vi.advanceTimersByTimeAsync(5000);
    await provider.of("1,2,3").end();

    expect(desk.lines).toStrictEqual(["1", "2", "3"].map((one) => `${one} accepted after 2`));
    expect([...journal.tries.values()]).toStrictEqual([1, 1, 1]);
  });

  it("finds the one for which a call was refused, without spending the others' attempts", async () => {
    const { lane, provider, desk, journal } = aJoiningLane();
    for (const offset of [1, 2, 3, 4]) lane.offer(asking(offset, String(offset)));
    for (let turn = 0; turn < 10; turn += 1) {
      await aMoment();
      for (const open of [...provider.open]) {
        await open.end(open.targets.includes("3") ? anEnd.refused() : anEnd.accepted());
      }
    }

    expect(provider.called).toStrictEqual(["1,2,3,4", "1,2", "3,4", "3", "4"]);
    expect(desk.lines.toSorted()).toStrictEqual([
      ...["1 accepted after 1", "2 accepted after 1"],
      ...["3 refused after 1", "4 accepted after 1"],
    ]);
    expect([...journal.tries.values()]).toStrictEqual([]);
  });

  it("does not ask again which of requests for the same targets was refused", async () => {
    const { lane, provider, desk } = aJoiningLane();
    lane.offer(asking(1, "1,2"));
    lane.offer(asking(2, "2,1"));
    await aMoment();
    await provider.of("1,2").end(anEnd.refused());
    await aMoment();

    expect(provider.called).toStrictEqual(["1,2"]);
    expect(desk.lines).toStrictEqual(["1 refused after 1", "2 refused after 1"]);
  });

  it("joins nobody else to the halves of a refused call", async () => {
    const { lane, provider } = aJoiningLane({ maxConcurrentCalls: 1 });
    for (const offset of [1, 2]) lane.offer(asking(offset, String(offset)));
    await aMoment();
    lane.offer(asking(3, "3"));
    await provider.of("1,2").end(anEnd.refused());
    await aMoment();
    await provider.of("1").end();
    await aMoment();
    await provider.of("2").end();
    await aMoment();
    expect(provider.called).toStrictEqual(["1,2", "1", "2", "3"]);
  });

  it("probes with one request alone", async () => {
    const { lane, provider } = aJoiningLane();
    lane.offer(asking(1, "1"));
    await aMoment();
    await provider.of("1").end(anEnd.credentials());
    lane.offer(asking(2, "2"));
    await vi.advanceTimersByTimeAsync(1100);
    expect(provider.called).toHaveLength(2);
    expect(provider.called[1]).not.toContain(",");
  });
});

describe("a lane that joins requests and reads before their calls", () => {
  function aReadingLane(mode: "auto" | "always", overrides: Partial<LaneOptions> = {}) {
    const begun: string[] = [];
    const waiting: (() => void)[] = [];
    const read = async (operation: Operation): Promise<Evidence> => {
      const targets = targetsOf(operation);
      const mark = { reading: begun.push(targets.join()) };
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { marks: targets.map((target) => ({ target, mark })) };
    };
    const endAll = async () => {
      for (const end of waiting.splice(0)) end();
      await aMoment();
    };
    const limits = openLimits({ perSecondOf: () => 2 });
    const prepare = { mode, read, applies: () => true };
    return { ...aJoiningLane({ prepare, limits, ...overrides }), begun, endAll };
  }

  it.each(["auto", "always"] as const)(
    "reads once for all that ask for the same: %s",
    async (mode) => {
      const { lane, provider, begun, endAll, desk, journal } = aReadingLane(mode);
      lane.offer(asking(1, "1,2"));
      lane.offer(asking(2, "2"));
      lane.offer(asking(3, "1", { partition: 1 }));
      await endAll();
      await provider.of("1,2").end();

      expect(begun).toStrictEqual(["1,2"]);
      expect(desk.shared).toStrictEqual(["1: 1,2 of 3", "2: 2 of 3", "3: 1 of 3"]);
      expect(
        journal.asks.map(({ before }) => before?.marks.map(({ target }) => target)),
      ).toStrictEqual([["1", "2"], ["2"], ["1"]]);
    },
  );

  it.each(["auto", "always"] as const)("joins what was read for by itself: %s", async (mode) => {
    const { lane, provider, begun, endAll, journal } = aReadingLane(mode);
    journal.at = 5n;
    lane.offer(asking(1, "1"));
    journal.at = 7n;
    lane.offer(asking(2, "2"));
    await endAll();

    expect([begun, provider.called]).toStrictEqual([["1", "2"], ["1,2"]]);
    expect(journal.asks.map(({ evidenceAt }) => evidenceAt)).toStrictEqual([5n, 7n]);
  });

  it("reads a whole call's targets at once where they wait for room", async () => {
    const { lane, begun, endAll } = aReadingLane("always", { maxConcurrentCalls: 1 });
    for (let offset = 1; offset <= 9; offset += 1) lane.offer(asking(offset, String(offset)));
    expect(begun).toStrictEqual(["1", "2", "3"]);

    await endAll();
    expect(begun).toStrictEqual(["1", "2", "3", "4,5,6,7", "8,9"]);
  });

  it("does not wait for the reading of another call before it calls", async () => {
    const { lane, provider, endAll } = aReadingLane("always");
    lane.offer(asking(1, "1"));
    await endAll();
    lane.offer(asking(2, "2"));
    await aMoment();
    expect(provider.called).toStrictEqual(["1"]);
  });

  it("goes on with those that are left when one of a staged call is somebody else's", async () => {
    const { lane, provider, journal, endAll, desk } = aReadingLane("always");
    lane.offer(asking(1, "1,2"));
    lane.offer(asking(2, "2"));
    journal.elsewhere.add("req-1-1");
    await endAll();

    expect(provider.called).toStrictEqual(["2"]);
    expect(desk.lines).toStrictEqual(["1 elsewhere after 0"]);
  });

  it("keeps nobody waiting for the targets of one that expired beside the others of its call", async () => {
    const { lane, provider, endAll, desk } = aReadingLane("always", {
      ...{ maxConcurrentCalls: 1, coalesce: { maxInstances: 2, maxBytes: 100_000 } },
    });
    for (const offset of [7, 8, 9, 1]) lane.offer(asking(offset, String(offset)));
    lane.offer(asking(2, "2", { partition: 2, notAfter: Date.now() + 1000 }));
    lane.offer(asking(3, "2,3", { partition: 2 }));
    await endAll();
    await vi.advanceTimersByTimeAsync(2000);
    for (let turn = 0; turn < 5; turn += 1) {
      await endAll();
      for (const open of [...provider.open]) await open.end();
    }

    expect(desk.lines).toContain("2 expired after 0");
    expect(provider.called.flatMap((called) => called.split(",")).toSorted()).toStrictEqual([
      ...["1", "2", "3", "7", "8", "9"],
    ]);
  });
});
