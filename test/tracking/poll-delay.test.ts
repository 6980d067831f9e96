import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pollDelayMs } from "../../src/tracking/poll-delay.ts";

describe("the wait before the next poll", () => {
  it.each([
    [0, 500],
    [2000, 500],
    [8000, 2000],
    [60_000, 15_000],
    [120_000, 30_000],
    [86_400_000, 30_000],
  ])("of a call that is %i ms old, at an interval of 2 s, is %i ms", (ageMs, delayMs) => {
    expect(pollDelayMs(2000, ageMs)).toBe(delayMs);
  });

  it("never gets shorter while a call grows old, and is never nothing", () => {
    const ages = fc.tuple(fc.nat(3_600_000), fc.nat(3_600_000), fc.integer({ min: 10, max: 1e6 }));
    fc.assert(
      fc.property(ages, ([a, b, intervalMs]) => {
        const [young, old] = [Math.min(a, b), Math.max(a, b)];

        expect(pollDelayMs(intervalMs, young)).toBeLessThanOrEqual(pollDelayMs(intervalMs, old));
        expect(pollDelayMs(intervalMs, young)).toBeGreaterThan(0);
      }),
    );
  });
});
