import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Repeated } from "../../src/lifecycle/repeated.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Something repeated every second that notes when; each time takes as long as told. */
function aRepetition(work: (nth: number) => Promise<void> = async () => Promise.resolve()) {
  const abandon = new AbortController();
  const repeated = new Repeated(abandon.signal);
  const start = performance.now();
  const times: number[] = [];
  repeated.every(1000, async () => {
    times.push(Math.round(performance.now() - start));
    await work(times.length);
  });
  return { repeated, times, abandon: () => abandon.abort(new Error("abandoned")) };
}

describe("what is repeated", () => {
  it("is done every so often, the first time after one interval", async () => {
    const { times } = aRepetition();
    await vi.advanceTimersByTimeAsync(3500);

    expect(times).toStrictEqual([1000, 2000, 3000]);
  });

  it("is done one after the other, however long it takes", async () => {
    const { times } = aRepetition(async () => new Promise((resolve) => setTimeout(resolve, 2500)));
    await vi.advanceTimersByTimeAsync(8000);

    expect(times).toStrictEqual([1000, 4500, 8000]);
  });

  it("goes on after a failure, at the next time", async () => {
    const { times } = aRepetition(async (nth) => {
      if (nth === 1) throw new Error("Kafka is away");
    });
    await vi.advanceTimersByTimeAsync(2500);

    expect(times).toStrictEqual([1000, 2000]);
  });

  it.each(["stop", "abandon"] as const)("ends with %s, and holds no timer", async (how) => {
    const { repeated, times, abandon } = aRepetition();
    await vi.advanceTimersByTimeAsync(1500);
    ({ stop: () => repeated.stop(), abandon })[how]();
    await vi.advanceTimersByTimeAsync(0);

    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);
    expect(times).toStrictEqual([1000]);
  });

  it("never begins when all is over already", async () => {
    const repeated = new Repeated(AbortSignal.abort(new Error("over")));
    let isDone = false;
    repeated.every(10, async () => void (isDone = true));
    await vi.advanceTimersByTimeAsync(1000);

    expect(isDone).toBe(false);
  });
});

describe("a pause", () => {
  it("ends when its time is over", async () => {
    const paused = new Repeated(new AbortController().signal).pause(500);
    await vi.advanceTimersByTimeAsync(500);

    await expect(paused).resolves.toBeUndefined();
  });

  it("rejects when it is stopped meanwhile", async () => {
    const repeated = new Repeated(new AbortController().signal);
    const paused = repeated.pause(500);
    repeated.stop();

    await expect(paused).rejects.toThrow("the dispatcher is stopping");
    expect(vi.getTimerCount()).toBe(0);
  });
});
