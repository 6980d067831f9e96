import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GATE_WINDOW_MS } from "../../src/lanes/send-window.ts";
import { Throttle } from "../../src/lanes/throttle.ts";

const START = 1_700_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

/** Takes tickets one after the other; notes at which moment each came. */
function takeTickets(throttle: Throttle, count: number): number[] {
  const cameAt: number[] = [];
  const next = (): void => {
    if (cameAt.length === count) return;
    void throttle.ticket().then(() => {
      cameAt.push(performance.now());
      next();
    });
  };
  next();
  return cameAt;
}

describe("a throttle", () => {
  it("gives the first ticket at once and N in each of the gate's windows", async () => {
    const cameAt = takeTickets(new Throttle({ perSecond: 20 }), 41);

    await vi.advanceTimersByTimeAsync(20);
    expect(cameAt).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 30);
    expect(cameAt.length).toBeLessThanOrEqual(20);
    expect(cameAt.length).toBeGreaterThanOrEqual(19);
    await vi.advanceTimersByTimeAsync(1.2 * GATE_WINDOW_MS);
    expect(cameAt).toHaveLength(41);
  });

  it("keeps its pace when the wall clock is set back", async () => {
    const throttle = new Throttle({ perSecond: 20 });
    const before = takeTickets(throttle, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(before).toHaveLength(5);

    vi.setSystemTime(START - 3_600_000);
    const after = takeTickets(throttle, 20);
    await vi.advanceTimersByTimeAsync(2 * GATE_WINDOW_MS);

    expect(after).toHaveLength(20);
  });

  it("keeps its pace when the wall clock is set back right after a ticket was asked for", async () => {
    const throttle = new Throttle({ perSecond: 20 });
    const first = takeTickets(throttle, 1);
    await vi.advanceTimersByTimeAsync(1);
    const second = takeTickets(throttle, 20);
    vi.setSystemTime(START - 3_600_000);
    await vi.advanceTimersByTimeAsync(2 * GATE_WINDOW_MS);

    expect(first).toHaveLength(1);
    expect(second).toHaveLength(20);
  });

  it("keeps its pace when the wall clock is set forward", async () => {
    const throttle = new Throttle({ perSecond: 10 });
    takeTickets(throttle, 1);
    await vi.advanceTimersByTimeAsync(0);

    vi.setSystemTime(START + 3_600_000);
    const after = takeTickets(throttle, 100);
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS - 1);

    expect(after.length).toBeLessThanOrEqual(11);
    expect(after.length).toBeGreaterThanOrEqual(9);
  });

  it("holds no timer when no ticket is asked for", async () => {
    takeTickets(new Throttle({ perSecond: 20 }), 3);
    await vi.advanceTimersByTimeAsync(GATE_WINDOW_MS);

    expect(vi.getTimerCount()).toBe(0);
  });
});
