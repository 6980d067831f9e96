import fc from "fast-check";
import { expect, it } from "vitest";

import { numberPattern } from "../../dev/generate/chart/number-pattern.ts";

it("matches exactly the numbers of its range", () => {
  const number = fc.integer({ min: 0, max: 40_000_000 });
  fc.assert(
    fc.property(number, number, number, (a, b, any) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      const pattern = new RegExp(`^(${numberPattern(min, max)})$`);
      for (const one of [any, min - 1, min, min + 1, max - 1, max, max + 1]) {
        expect([one, pattern.test(String(one))]).toEqual([one, one >= min && one <= max]);
      }
    }),
  );
});
