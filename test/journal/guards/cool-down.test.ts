import { describe, expect, it } from "vitest";
import { coolingDown } from "../../../src/journal/guards/cool-down.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const FIVE_MINUTES = 300_000;

describe("a cool-down", () => {
  it("allows a target that was never run again", () => {
    expect(coolingDown(FIVE_MINUTES, [], NOON)).toBeNull();
  });

  it("forbids one that was, from its last rerun on, and says until when", () => {
    expect(coolingDown(FIVE_MINUTES, [NOON - 900_000, NOON], NOON + 1000)).toStrictEqual({
      code: "COOLING_DOWN",
      message:
        "Its rerun was called at 2026-01-01T12:00:00.000Z and cools down for 5m: ask again after 2026-01-01T12:05:00.000Z, or with force.",
      until: NOON + FIVE_MINUTES,
    });
  });

  it("is over to the millisecond", () => {
    expect(coolingDown(FIVE_MINUTES, [NOON], NOON + FIVE_MINUTES - 1)).not.toBeNull();
    expect(coolingDown(FIVE_MINUTES, [NOON], NOON + FIVE_MINUTES)).toBeNull();
  });
});
