import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RISES_EVERY_MS } from "../../src/lanes/turn-order.ts";
import { QueuePair, type Step } from "./queue-pair.ts";

const OPERATIONS = ["DataWorksRerunTaskInstances", "TencentRerunTaskInstances"] as const;

const pick = fc.nat({ max: 1000 });
const parkedFor = fc.constantFrom("x", "y");
const passMs = fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(RISES_EVERY_MS - 1, RISES_EVERY_MS));

/** Things that happen to a lane; `targets` are those that its requests ask for. */
function steps(targets: fc.Arbitrary<readonly string[] | null>): fc.Arbitrary<readonly Step[]> {
  const kind = <K extends Step["kind"]>(name: K) => fc.constant(name);
  const add = fc.record({
    ...{ kind: kind("add"), rank: fc.nat({ max: 2 }), requester: fc.constantFrom("a", "b", "c") },
    ...{ operation: fc.constantFrom(...OPERATIONS), shelf: fc.constantFrom("1", "2") },
    ...{ partition: fc.nat({ max: 1 }), targets },
    notBeforeIn: fc.option(fc.integer({ min: -50, max: 200_000 }), { freq: 2 }),
    expiresIn: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 2 }),
  });
  const take = fc.record({
    ...{ kind: kind("take"), closed: fc.constantFrom(null, ...OPERATIONS), skips: fc.boolean() },
    joined: fc.nat({ max: 3 }),
  });
  const putBack = fc.record({
    ...{ kind: kind("putBack"), pick, delayMs: fc.nat({ max: 40 }), isBehind: fc.boolean() },
  });
  // Now and then the wall clock is set.
  const pass = fc
    .tuple(passMs, fc.oneof(fc.constant(0), fc.integer({ min: -100_000, max: 100_000 })))
    .map(([ms, setMs]) => ({ kind: "pass" as const, ms, wallMs: ms + setMs }));
  const then = fc.constantFrom("take", "unstage", "drop");
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 12, arbitrary: add },
    { weight: 8, arbitrary: take },
    { weight: 3, arbitrary: fc.record({ kind: kind("stage"), pick }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("staged"), pick, then }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("park"), pick, target: parkedFor }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("unpark"), target: parkedFor }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("drop"), pick }) },
    { weight: 4, arbitrary: putBack },
    { weight: 5, arbitrary: fc.record({ kind: kind("left"), pick }) },
    { weight: 4, arbitrary: pass },
    { weight: 2, arbitrary: fc.record({ kind: kind("expire") }) },
    { weight: 1, arbitrary: fc.record({ kind: kind("forget"), partition: fc.nat({ max: 1 }) }) },
  );
  return fc.array(step, { maxLength: 120, size: "max" });
}

/** All that was added, each once. */
function idsOf({ added }: QueuePair): readonly number[] {
  return Array.from({ length: added }, (_, index) => index + 1);
}

describe("a lane's queue beside a plain list", () => {
  it("goes in the same order by priority, waiting, fairness and arrival, and loses nothing", () => {
    fc.assert(
      fc.property(steps(fc.constant(null)), (all) => {
        const pair = new QueuePair({ knowsOrder: true });
        all.forEach((one) => pair.do(one));
        pair.drain();

        expect(pair.told).toStrictEqual(pair.awaited);
        expect(pair.plain.all).toStrictEqual([]);
        expect(pair.ended.toSorted((a, b) => a - b)).toStrictEqual(idsOf(pair));
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it("lets no request overtake an earlier one of its target, and loses nothing", () => {
    const targets = fc.uniqueArray(fc.constantFrom("1", "2", "3", "4", "5"), {
      ...{ minLength: 1, maxLength: 3 },
    });
    fc.assert(
      fc.property(steps(targets), (all) => {
        const pair = new QueuePair({ knowsOrder: false });
        all.forEach((one) => pair.do(one));
        pair.drain();

        expect(pair.told).toStrictEqual(pair.awaited);
        expect(pair.plain.all).toStrictEqual([]);
        expect(pair.ended.toSorted((a, b) => a - b)).toStrictEqual(idsOf(pair));
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
