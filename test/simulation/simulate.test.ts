import { describe, expect, it } from "vitest";

import { BUGS } from "../../dev/simulation/bugs.ts";
import { simulate } from "../../dev/simulation/simulate.ts";

const PATIENCE = { timeout: 60_000 };

describe("a simulated run", () => {
  it("follows from its seed alone, to the last line", PATIENCE, async () => {
    const first = await simulate(11);
    await simulate(12);
    const again = await simulate(11);
    expect(again.trace).toEqual(first.trace);
    expect(first.trace.length).toBeGreaterThan(10);
  });

  it("holds every promise", PATIENCE, async () => {
    const runs = [];
    for (const seed of [1, 2, 3, 4, 5]) runs.push(await simulate(seed));
    expect(runs.map(({ violation }) => violation)).toEqual(runs.map(() => null));
  });

  it.each([
    "published-by-claim",
    "duplicates-skipped",
    "published-before-read",
    "wall-clock",
    "verdicts-mixed-up",
    "slots-used-late",
  ] as const)("finds a planted mistake: %s", PATIENCE, async (name) => {
    expect(await firstFinding(name)).not.toBeNull();
  });
});

/** What the first run tells that finds the mistake; null: none of 200 did. */
async function firstFinding(name: keyof typeof BUGS): Promise<string | null> {
  for (let seed = 1; seed <= 200; seed += 1) {
    const { violation } = await simulate(seed, BUGS[name]);
    if (violation !== null) return violation;
  }
  return null;
}
