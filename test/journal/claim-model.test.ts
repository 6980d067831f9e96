import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bug } from "./model/rules.ts";
import { World } from "./model/world.ts";

/** Thousands of schedules, on a machine that may be busy. */
const LONG = { timeout: 60_000 };

/** What decides a schedule: each number something that nobody can foresee. */
const schedules = fc.array(fc.nat(), { minLength: 600, maxLength: 600 });

describe("processes that follow the rules", LONG, () => {
  it("call nothing twice, lose nothing and tell no lies, whatever happens to them", () => {
    const happened = new Set<string>();
    fc.assert(
      fc.property(schedules, (numbers) => {
        const world = new World(numbers);
        world.run();
        for (const what of world.happened) happened.add(what);
      }),
      { seed: 5, numRuns: 1_000 },
    );

    expect([...happened].toSorted()).toStrictEqual([
      ...["FAILED", "REJECTED", "SUCCEEDED", "UNKNOWN"],
      ...["accepted", "claimed", "claimed: conflict", "claimed: fenced", "claimed: finished"],
      ...["claimed: taken", "claimed: target-held", "claimed: target-moved"],
      ...["closed", "closed: conflict", "closed: fenced", "closed: finished", "closed: taken"],
      ...["done", "freed", "ignored", "published", "released"],
    ]);
  });
});

describe("the model of them", LONG, () => {
  it.each<[Bug, RegExp, number]>([
    ["attempts are no fence", /is granted again/, 5],
    ["published by claim", /is lost: it has no outcome/, 5],
    ["duplicates are skipped at once", /is lost: it never ended/, 3],
    ["judges release", /which may have run/, 5],
    ["targets are not held", /is in the claims/, 5],
    ["readings are never too old", /is told to be SUCCEEDED, and it did not run/, 5],
    ["rivals are not told", /is told to be SUCCEEDED, and it did not run/, 6],
  ])("finds out when %s", (bug, broken, seed) => {
    const { failed, errorInstance } = fc.check(
      fc.property(schedules, (numbers) => new World(numbers, bug).run()),
      { seed, numRuns: 5_000, endOnFailure: true },
    );

    expect(failed).toBe(true);
    expect(errorInstance).toMatchObject({
      ...{ name: "Broken", message: expect.stringMatching(broken) as string },
    });
  });
});
