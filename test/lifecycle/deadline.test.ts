import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { doneWithin } from "../../src/lifecycle/deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const after = async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("waiting with a deadline", () => {
  it("tells that the work was done in time, and leaves no timer", async () => {
    const done = doneWithin(after(100), 200, never);
    await vi.advanceTimersByTimeAsync(100);

    await expect(done).resolves.toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells that the work was not done in time", async () => {
    const done = doneWithin(after(300), 200, never);
    await vi.advanceTimersByTimeAsync(200);

    await expect(done).resolves.toBe(false);
  });

  it.each([0, -5])("still sees that the work is done already with %d ms left", async (ms) => {
    const done = doneWithin(Promise.resolve(), ms, never);

    await expect(done).resolves.toBe(true);
  });

  it("ends with the abort, before or during the wait", async () => {
    const abort = new AbortController();
    const done = doneWithin(after(300), 200, abort.signal);
    abort.abort();

    await expect(done).resolves.toBe(false);
    await expect(doneWithin(after(300), 200, abort.signal)).resolves.toBe(false);
  });

  it("rejects when the work rejects in time", async () => {
    const done = doneWithin(Promise.reject(new Error("a bug")), 200, never);

    await expect(done).rejects.toThrow("a bug");
  });

  it("does not mind work that fails too late", async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise((_, reject) => (fail = reject));
    const done = doneWithin(work, 200, never);
    await vi.advanceTimersByTimeAsync(200);
    fail(new Error("too late"));
    await vi.advanceTimersByTimeAsync(1);

    await expect(done).resolves.toBe(false);
  });
});
