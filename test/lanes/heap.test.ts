import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heap } from "../../src/lanes/heap.ts";

const ascending = (a: number, b: number) => a < b;

function drained(heap: Heap<number>): number[] {
  const out: number[] = [];
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next);
  return out;
}

describe("a heap", () => {
  it("gives back what was pushed, the first by its order first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap(ascending);
        numbers.forEach((one) => heap.push(one));

        expect(heap.size).toBe(numbers.length);
        expect(heap.peek()).toBe(numbers.toSorted((a, b) => a - b)[0]);
        expect(drained(heap)).toStrictEqual(numbers.toSorted((a, b) => a - b));
        expect(heap.size).toBe(0);
      }),
    );
  });

  it("keeps its order when pushes, pops and sweeps mix", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ push: fc.integer({ min: 0, max: 50 }) }) },
      { weight: 3, arbitrary: fc.constant("pop" as const) },
      { weight: 1, arbitrary: fc.record({ keepAbove: fc.integer({ min: 0, max: 50 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new Heap(ascending);
        let model: number[] = [];
        const popped: [number | undefined, number | undefined][] = [];
        for (const one of steps) {
          if (one === "pop") {
            popped.push([heap.pop(), model.shift()]);
          } else if ("push" in one) {
            heap.push(one.push);
            model = [...model, one.push].toSorted((a, b) => a - b);
          } else {
            heap.retain((value) => value > one.keepAbove);
            model = model.filter((value) => value > one.keepAbove);
          }
        }

        expect(popped.map(([told]) => told)).toStrictEqual(popped.map(([, expected]) => expected));
        expect(drained(heap)).toStrictEqual(model);
      }),
    );
  });

  it("keeps its order when any part of it is swept out", () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 20 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 2, max: 5 }), (all, divisor) => {
        const heap = new Heap(ascending);
        all.forEach((one) => heap.push(one));
        const wanted = (one: number) => one % divisor !== 0;
        heap.retain(wanted);

        expect(drained(heap)).toStrictEqual(all.filter(wanted).toSorted((a, b) => a - b));
      }),
    );
  });

  it("is empty when there is nothing in it", () => {
    const heap = new Heap(ascending);

    expect([heap.peek(), heap.pop(), heap.size]).toStrictEqual([undefined, undefined, 0]);
  });
});
