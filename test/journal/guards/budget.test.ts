import { describe, expect, it } from "vitest";
import { overBudget } from "../../../src/journal/guards/budget.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const BUDGET = { reruns: 2, perMs: 10 * MINUTE };

describe("a budget", () => {
  it("allows a target that was run again less often than that", () => {
    expect(overBudget(BUDGET, [], NOON)).toBeNull();
    expect(overBudget(BUDGET, [NOON - MINUTE], NOON)).toBeNull();
  });

  it("forbids one more, and says how many there were and until when", () => {
    const reruns = [NOON - 9 * MINUTE, NOON - MINUTE];

    expect(overBudget(BUDGET, reruns, NOON)).toStrictEqual({
      code: "BUDGET_EXCEEDED",
      message:
        "Its rerun was called 2 times within 10m, and its budget is 2: ask again after 2026-01-01T12:01:00.000Z, or with force.",
      until: NOON + MINUTE,
    });
  });

  it("counts a rerun until its time is over, to the millisecond", () => {
    const reruns = [NOON, NOON];

    expect(overBudget(BUDGET, reruns, NOON + 10 * MINUTE - 1)).not.toBeNull();
    expect(overBudget(BUDGET, reruns, NOON + 10 * MINUTE)).toBeNull();
  });

  it("waits for as many as were too many", () => {
    const reruns = [NOON, NOON + 1000, NOON + 2000, NOON + 3000];
    const message = overBudget(BUDGET, reruns, NOON + 4000)?.message;

    expect(message).toContain("4 times");
    expect(message).toContain("ask again after 2026-01-01T12:10:02.000Z");
  });
});
