import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { OffsetSet } from "../../src/inbound/offset-set.ts";

/** Offsets that share words, blocks and nothing at all. */
const offset = fc.oneof(
  fc.bigInt({ min: 0n, max: 100n }),
  fc.bigInt({ min: 4000n, max: 4200n }),
  fc.bigInt({ min: 2n ** 45n, max: 2n ** 45n + 50n }),
);
const step = fc.record({
  what: fc.constantFrom("add" as const, "add", "add", "delete", "deleteBelow"),
  offset,
});

describe("a set of offsets", () => {
  it("holds what a plain set holds, in ascending order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), offset, (steps, from) => {
        const set = new OffsetSet();
        const plain = new Set<bigint>();
        for (const { what, offset: one } of steps) {
          const before = new Set(plain);
          if (what === "add") plain.add(one);
          if (what === "delete") plain.delete(one);
          if (what === "deleteBelow")
            for (const known of before) if (known < one) plain.delete(known);
          const answer = set[what](one);
          expect(answer).toBe(what === "delete" ? before.has(one) : undefined);
          expect(set.has(one)).toBe(plain.has(one));
          expect(set.size).toBe(plain.size);
        }
        const ascending = [...plain].toSorted((a, b) => (a < b ? -1 : 1));
        expect([...set.values()]).toEqual(ascending);
        expect([...set.values(from)]).toEqual(ascending.filter((one) => one >= from));
      }),
    );
  });
});
