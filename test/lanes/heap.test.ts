import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heap } from "../../src/lanes/heap.ts";

const ascending = (a: number, b: number) => a < b;

interface Item {
  value: number;
  position: number;
}

const isLower = (a: Item, b: Item) => a.value < b.value;

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

  it("keeps its order when items are pushed, popped, taken out and changed", () => {
    const nat = fc.nat({ max: 50 });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("push" as const), value: nat }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("pop" as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: nat }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("change" as const), pick: nat, value: nat }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap<Item>(isLower, (item, position) => (item.position = position));
        let model: Item[] = [];
        const told: unknown[] = [];
        const awaited: unknown[] = [];
        for (const one of steps) {
          const chosen = "pick" in one ? model[one.pick % Math.max(1, model.length)] : undefined;
          if (one.kind === "push") {
            const item = { value: one.value, position: -1 };
            heap.push(item);
            model.push(item);
          } else if (one.kind === "pop") {
            const lowest = Math.min(Infinity, ...model.map(({ value }) => value));
            const popped = heap.pop();
            told.push(popped?.value ?? Infinity, popped?.position ?? -1);
            awaited.push(lowest, -1);
            model = model.filter((item) => item !== popped);
          } else if (chosen !== undefined && one.kind === "remove") {
            told.push(heap.removeAt(chosen.position), chosen.position);
            awaited.push(chosen, -1);
            model = model.filter((item) => item !== chosen);
          } else if (chosen !== undefined && one.kind === "change") {
            chosen.value = one.value;
            heap.changedAt(chosen.position);
          }
          told.push([...heap.inOrder()].map(({ value }) => value));
          awaited.push(model.map(({ value }) => value).toSorted((a, b) => a - b));
        }

        expect(told).toStrictEqual(awaited);
        expect(model.map(({ position }) => position).toSorted((a, b) => a - b)).toStrictEqual(
          model.map((_, index) => index),
        );
      }),
    );
  });

  it("takes nothing out where nothing stands", () => {
    const heap = new Heap(ascending);
    heap.push(1);

    expect([heap.removeAt(-1), heap.removeAt(1), heap.size]).toStrictEqual([
      undefined,
      undefined,
      1,
    ]);
  });

  it("compares only what it must to tell the first ones in order", () => {
    let compared = 0;
    const heap = new Heap<number>((a, b) => {
      compared += 1;
      return a < b;
    });
    for (let value = 100_000; value > 0; value -= 1) heap.push(value);
    compared = 0;
    const walk = heap.inOrder();
    const first = [walk.next(), walk.next(), walk.next()].map(({ value }) => value);

    expect(first).toStrictEqual([1, 2, 3]);
    expect(compared).toBeLessThan(50);
  });

  it("is empty when there is nothing in it", () => {
    const heap = new Heap(ascending);

    expect([heap.peek(), heap.pop(), heap.size]).toStrictEqual([undefined, undefined, 0]);
  });
});
