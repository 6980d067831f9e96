import { describe, expect, it } from "vitest";
import { simulateSlots } from "../../dev/slots/simulate-slots.ts";
import { SLOT_BUGS, type SlotRule } from "../../dev/slots/slot-bugs.ts";

const SEEDS = Array.from({ length: 3000 }, (_, i) => i + 1);

const firstViolation = (rule?: SlotRule) =>
  SEEDS.find((seed) => simulateSlots(seed, rule).violation !== null);

describe("the schedule that all replicas compute from the same log", () => {
  it("never lets a window hold more in a second than its lowest limit, and newcomers agree", () => {
    expect(firstViolation()).toBeUndefined();
  });

  it.each(Object.entries(SLOT_BUGS))("would break a limit by the mistake %s", (_, rule) => {
    expect(firstViolation(rule)).toBeDefined();
  });
});
