import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { mostInWindow } from "../../dev/simulator/sliding-window.ts";

/** Tries the window that begins at each event, and counts again each time. */
function naiveMost(timesMs: readonly number[], windowMs: number): number {
  const counts = timesMs.map(
    (start) => timesMs.filter((timeMs) => timeMs >= start && timeMs < start + windowMs).length,
  );
  return Math.max(0, ...counts);
}

describe("mostInWindow", () => {
  it("finds what counting every window finds", () => {
    const times = fc
      .array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 })
      .map((list) => list.toSorted((left, right) => left - right));

    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 120 }), (timesMs, windowMs) => {
        expect(mostInWindow(timesMs, windowMs)).toBe(naiveMost(timesMs, windowMs));
      }),
      { numRuns: 500 },
    );
  });

  it("does not count an event that comes exactly one window later", () => {
    expect(mostInWindow([0, 1000], 1000)).toBe(1);
    expect(mostInWindow([0, 999.9], 1000)).toBe(2);
  });
});
