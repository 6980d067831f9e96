import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Resting, RestingRequests } from "../../src/desk/resting-requests.ts";
import { keyOf } from "../../src/journal/digest.ts";

function resting(n: number, topic = "rerun-requests"): Resting {
  const first = { topic, partition: n % 7, offset: BigInt(n) };
  return { digest: keyOf("digest", `${n}`), first };
}

const key = (n: number): string => keyOf("wedata", `${n}`);

describe("requests that rest", () => {
  it("are given back as they were, once", () => {
    const all = new RestingRequests();
    const far = { topic: "old", partition: 2 ** 31 - 1, offset: 2n ** 63n - 1n };
    all.add(key(1), resting(1));
    all.add(key(2), { ...resting(2), first: far });

    expect([all.size, all.has(key(1)), all.has(key(3))]).toStrictEqual([2, true, false]);
    expect(all.take(key(2))).toStrictEqual({ ...resting(2), first: far });
    expect([all.take(key(2)), all.take(key(3)), all.size]).toStrictEqual([undefined, undefined, 1]);
    expect([...all.sources()]).toStrictEqual([resting(1).first]);
  });

  it("are found when their keys begin alike, at the end of the table too", () => {
    const last = "\u00ff".repeat(4);
    const keys = Array.from({ length: 40 }, (_, n) => last + String(n).padStart(12));
    const all = new RestingRequests();
    keys.forEach((one, n) => all.add(one, resting(n)));

    const taken = keys.filter((_, n) => n % 3 === 0);
    const isTaken = taken.map((one) => all.take(one)?.first.offset);
    expect(isTaken).toStrictEqual(taken.map((one) => BigInt(keys.indexOf(one))));
    const left = keys.filter((one) => all.has(one));
    expect(left).toStrictEqual(keys.filter((_, n) => n % 3 !== 0));
  });

  it("are what a map would hold, whatever comes and goes", () => {
    const step = fc.record({ n: fc.nat(300), takes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const [all, model] = [new RestingRequests(), new Map<string, Resting>()];
        for (const { n, takes } of steps) {
          const taken = takes || model.has(key(n)) ? all.take(key(n)) : undefined;
          expect(taken).toStrictEqual(model.get(key(n)));
          model.delete(key(n));
          if (takes) continue;
          all.add(key(n), resting(n));
          model.set(key(n), resting(n));
        }
        expect(all.size).toBe(model.size);
        const offsets = (some: Iterable<{ offset: bigint }>) =>
          [...some].map(({ offset }) => Number(offset)).toSorted((a, b) => a - b);
        expect(offsets(all.sources())).toStrictEqual(
          offsets([...model.values()].map(({ first }) => first)),
        );
      }),
    );
  });
});
