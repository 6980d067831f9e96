import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pause } from "../../src/lifecycle/pause.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a pause", () => {
  it("is over after its time, not before", async () => {
    let over: boolean | null = null;
    void pause(1000, new AbortController().signal).then((is) => (over = is));
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBeNull();
    await vi.advanceTimersByTimeAsync(1);

    expect(over).toBe(true);
  });

  it("ends with the abort, and leaves no timer", async () => {
    const stop = new AbortController();
    const paused = pause(1000, stop.signal);
    stop.abort();

    await expect(paused).resolves.toBe(false);
    await expect(pause(1000, stop.signal)).resolves.toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
