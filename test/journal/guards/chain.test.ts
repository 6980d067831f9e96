import { describe, expect, it } from "vitest";
import { chainTooLong } from "../../../src/journal/guards/chain.ts";

describe("a chain", () => {
  it("may be as long as it is allowed to be", () => {
    expect(chainTooLong(1, { depth: 1, causedBy: "r1" })).toBeNull();
    expect(chainTooLong(3, { depth: 3, causedBy: "r1" })).toBeNull();
  });

  it("may not be longer, and says what led to it", () => {
    expect(chainTooLong(1, { depth: 2, causedBy: "r1" })).toStrictEqual({
      code: "CHAIN_LIMIT",
      message:
        "It was asked for because r1 failed, as number 2 of a chain of such reruns, and guards.maxChain is 1: look why reruns do not help; force goes past it.",
    });
  });

  it("of no length forbids all that was caused by another", () => {
    expect(chainTooLong(0, { depth: 1, causedBy: "r1" })).not.toBeNull();
  });
});
