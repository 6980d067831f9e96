import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { PlaceHeap } from "../../src/inbound/place-heap.ts";

describe("a heap of places", () => {
  it("gives them in the order of their instants, however many there are", () => {
    const instant = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(fc.array(instant, { maxLength: 3000 }), (instants) => {
        const heap = new PlaceHeap();
        for (const [n, at] of instants.entries()) {
          heap.push(at, { partition: n % 7, offset: BigInt(n) });
        }
        const given: number[] = [];
        const places = new Set<bigint>();
        for (let first = heap.peek(); first !== null; first = heap.peek()) {
          given.push(first.at);
          places.add(first.place.offset);
          expect(instants[Number(first.place.offset)]).toBe(first.at);
          expect(first.place.partition).toBe(Number(first.place.offset) % 7);
          heap.pop();
        }
        expect(given).toEqual(instants.toSorted((a, b) => a - b));
        expect(places.size).toBe(instants.length);
      }),
      { numRuns: 50 },
    );
  });

  it("is empty after it was cleared, and takes new ones", () => {
    const heap = new PlaceHeap();
    heap.push(1, { partition: 0, offset: 5n });
    heap.clear();
    heap.pop();
    expect([heap.peek(), heap.size]).toEqual([null, 0]);
    heap.push(2, { partition: 3, offset: 2n ** 45n });
    expect(heap.peek()).toEqual({ at: 2, place: { partition: 3, offset: 2n ** 45n } });
  });
});
