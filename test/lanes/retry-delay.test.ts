import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../src/lanes/retry-delay.ts";

const retry = fc
  .record({
    firstDelayMs: fc.integer({ min: 1, max: 10_000 }),
    times: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ firstDelayMs, times }) => ({
    maxAttempts: 10,
    firstDelayMs,
    maxDelayMs: firstDelayMs * times,
  }));
const attempts = fc.integer({ min: 1, max: 2000 });
const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the delay before a retry", () => {
  it("lies between nothing and the exponential ceiling, never above the longest", () => {
    fc.assert(
      fc.property(retry, attempts, dice, (config, attempt, random) => {
        const delay = retryDelayMs(config, attempt, null, () => random);

        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(config.maxDelayMs);
        expect(delay).toBeLessThanOrEqual(config.firstDelayMs * 2 ** (attempt - 1));
      }),
    );
  });

  it.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [7, 30_000],
    [5000, 30_000],
  ])("has its ceiling after call %d at %d ms", (attempt, ceiling) => {
    const config = { maxAttempts: 9, firstDelayMs: 500, maxDelayMs: 30_000 };

    expect(retryDelayMs(config, attempt, null, () => 0)).toBe(0);
    expect(retryDelayMs(config, attempt, null, () => 0.5)).toBe(ceiling / 2);
  });

  it("is as long as the cloud asks up to two minutes, and never shorter than without asking", () => {
    const askedFor = fc.integer({ min: 0, max: 3_600_000 });
    fc.assert(
      fc.property(retry, attempts, dice, askedFor, (config, attempt, random, asked) => {
        const delay = retryDelayMs(config, attempt, asked, () => random);
        const ordinary = retryDelayMs(config, attempt, null, () => random);
        const obeyed = Math.min(asked, 120_000);

        expect(delay).toBeGreaterThanOrEqual(Math.max(ordinary, obeyed));
        expect(delay).toBeLessThanOrEqual(Math.max(ordinary, obeyed + config.firstDelayMs));
      }),
    );
  });
});
