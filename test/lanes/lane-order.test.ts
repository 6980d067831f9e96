import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReceivedRequest } from "../../src/domain/rerun-request.ts";
import { anEnd } from "../support/call-ends.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";
import { aLane } from "./a-lane.ts";

const EPOCH = 1_700_000_100_000;

beforeEach(() => void vi.useFakeTimers({ now: EPOCH }));
afterEach(() => void vi.useRealTimers());

function asking(
  offset: number,
  target: string,
  overrides: Parameters<typeof aReceived>[1] = {},
): ReceivedRequest {
  const operation = aDataWorksRerun({ instanceIds: [target] });
  return aReceived({ offset }, { operation, ...overrides });
}

describe("a lane's order", () => {
  it("calls a request at its notBefore and not before", async () => {
    const { lane, provider } = aLane();
    lane.offer(asking(1, "1", { notBefore: EPOCH + 3_600_000 }));
    await vi.advanceTimersByTimeAsync(3_599_000);
    const before = [...provider.called];
    await vi.advanceTimersByTimeAsync(1_100);

    expect([before, provider.called]).toStrictEqual([[], ["1"]]);
  });

  it("finds within a minute that the wall clock was set past a notBefore", async () => {
    const { lane, provider } = aLane();
    lane.offer(asking(1, "1", { notBefore: EPOCH + 3_600_000 }));
    await vi.advanceTimersByTimeAsync(10);
    vi.setSystemTime(EPOCH + 3_600_000);
    await vi.advanceTimersByTimeAsync(60_100);

    expect(provider.called).toStrictEqual(["1"]);
  });

  it("does not let a request overtake an earlier one of its target that waits for its retry", async () => {
    const { lane, provider } = aLane();
    lane.offer(asking(1, "7"));
    await vi.advanceTimersByTimeAsync(20);
    lane.offer(asking(2, "7", { priority: "HIGH" }));
    lane.offer(asking(3, "8"));
    await provider.of("7").end(anEnd.unavailable());
    await vi.advanceTimersByTimeAsync(20);
    const duringTheDelay = [...provider.called];
    await vi.advanceTimersByTimeAsync(2000);
    const afterwards = provider.called.length;

    expect(duringTheDelay.toSorted()).toStrictEqual(["7", "8"]);
    expect(afterwards).toBeGreaterThan(2);
  });
});
