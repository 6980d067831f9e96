import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReceivedRequest, RerunRequest } from "../../src/domain/rerun-request.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import type { NotGranted } from "../../src/journal/journal.ts";
import type { LaneOptions } from "../../src/lanes/lane.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aLane } from "./a-lane.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const aMoment = async () => vi.advanceTimersByTimeAsync(20);

function asking(offset: number, targets: string): ReceivedRequest {
  const operation = aDataWorksRerun({ instanceIds: targets.split(",") });
  return aReceived({ offset, partition: offset }, { operation });
}

/** A lane that joins up to four targets, and whose guards forbid some that the test names. */
function aGuardedLane(overrides: Partial<LaneOptions> = {}) {
  const parts = aLane({ coalesce: { maxInstances: 4, maxBytes: 100_000 }, ...overrides });
  const forbidden = new Set<string>();
  parts.journal.forbidden = ({ operation }: RerunRequest) =>
    targetsOf(operation)
      .filter((target) => forbidden.has(target))
      .map((target) => ({ target, code: "COOLING_DOWN" as const, message: "too soon" }));
  return { ...parts, forbidden };
}

describe("a lane whose guards forbid targets", () => {
  it("hands a request of which nothing is left to the desk, without a claim or a call", async () => {
    const { lane, journal, provider, desk, forbidden } = aGuardedLane();
    forbidden.add("1").add("2");
    lane.offer(asking(7, "1,2"));
    await aMoment();

    expect(desk.lines).toStrictEqual(["7 suppressed after 0"]);
    expect([journal.asks, provider.called]).toStrictEqual([[], []]);
  });

  it("does so with all that wait behind the head", async () => {
    const { lane, provider, desk, forbidden } = aGuardedLane();
    forbidden.add("1");
    for (const offset of [1, 2, 3]) lane.offer(asking(offset, "1"));
    lane.offer(asking(4, "2"));
    await aMoment();

    expect(desk.lines).toStrictEqual([1, 2, 3].map((offset) => `${offset} suppressed after 0`));
    expect(provider.called).toStrictEqual(["2"]);
  });

  it("calls what is left of a request, and tells the journal what is not", async () => {
    const { lane, journal, provider, desk, forbidden } = aGuardedLane();
    forbidden.add("2");
    lane.offer(asking(7, "1,2,3"));
    await aMoment();
    await provider.of("1,3").end();

    expect(provider.called).toStrictEqual(["1,3"]);
    expect(journal.asks).toMatchObject([
      { targets: ["1", "3"], leftOut: [{ target: "2", code: "COOLING_DOWN" }] },
    ]);
    expect(desk.shared).toStrictEqual(["7: 1,3 of 1"]);
  });

  it("joins what is left of several", async () => {
    const { lane, provider, desk, forbidden } = aGuardedLane();
    forbidden.add("2");
    lane.offer(asking(1, "1,2"));
    lane.offer(asking(2, "2,3"));
    await aMoment();
    await provider.of("1,3").end();

    expect(desk.shared).toStrictEqual(["1: 1 of 2", "2: 3 of 2"]);
  });

  it("lets nobody wait for a target that is left out", async () => {
    const read = async () => Promise.resolve({ marks: [] });
    const { lane, provider, forbidden } = aGuardedLane({
      ...{ coalesce: { maxInstances: 1, maxBytes: 100_000 }, maxConcurrentCalls: 1 },
      prepare: { mode: "auto", applies: () => true, read },
    });
    forbidden.add("2");
    lane.offer(asking(1, "1,2"));
    lane.offer(asking(2, "2,3"));
    await aMoment();
    await provider.of("1").end();
    await aMoment();

    expect(provider.called).toStrictEqual(["1", "3"]);
  });

  it("calls all of it once nothing forbids it any more", async () => {
    const { lane, provider, forbidden } = aGuardedLane();
    forbidden.add("2");
    lane.offer(asking(7, "1,2"));
    await aMoment();
    forbidden.clear();
    await provider.of("1").end(anEnd.throttled());
    await vi.advanceTimersByTimeAsync(1_000);

    expect(provider.called).toStrictEqual(["1", "1,2"]);
  });

  it.each<NotGranted>(["guarded", "unguarded"])(
    "looks at it anew when the journal says %s",
    async (why) => {
      const { lane, journal, provider, desk, forbidden } = aGuardedLane();
      journal.refusals.push(why);
      const ask = journal.claim.bind(journal);
      journal.claim = async (...args) => {
        forbidden.add("2");
        return ask(...args);
      };
      lane.offer(asking(7, "1,2"));
      await aMoment();

      expect(journal.asks.map(({ targets }) => targets)).toStrictEqual([["1", "2"], ["1"]]);
      expect(provider.called).toStrictEqual(["1"]);
      expect(desk.lines).toStrictEqual([]);
    },
  );
});
