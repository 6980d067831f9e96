import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallStarts } from "../../src/observability/call-starts.ts";

function maxOf(instants: readonly number[]): number {
  const starts = new CallStarts();
  for (const instant of instants) starts.add(instant);
  return starts.maxPerSecond;
}

describe("the highest number of calls in a sliding second", () => {
  it.each([
    [[], 0],
    [[5], 1],
    [[0, 999.9], 2],
    [[0, 1000], 1],
    [[0, 600, 1200, 1500], 3],
    [[0, 0, 0, 5000], 3],
  ])("of %j is %i", (instants, max) => {
    expect(maxOf(instants)).toBe(max);
  });

  it("is what counting from every call says", () => {
    const instants = fc
      .array(fc.nat(5000), { maxLength: 60 })
      .map((list) => list.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(instants, (list) => {
        const counts = list.map((from) => list.filter((t) => t >= from && t < from + 1000).length);
        expect(maxOf(list)).toBe(Math.max(0, ...counts));
      }),
    );
  });
});
