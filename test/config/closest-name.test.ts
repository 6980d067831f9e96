import { describe, expect, it } from "vitest";
import { closestName } from "../../src/config/closest-name.ts";

describe("the closest known name", () => {
  it.each([
    ["broker", "brokers"],
    ["drain_timeout", "drainTimeout"],
    ["DrainTimeout", "drainTimeout"],
    ["plian", "plain"],
    ["c-a_Fi-le", "caFile"],
  ])("of %s is %s", (typed, meant) => {
    expect(closestName(typed, ["plain", "brokers", "drainTimeout", "caFile"])).toBe(meant);
  });

  it("is nothing when no name is near", () => {
    expect(closestName("password", ["brokers", "ssl", "id"])).toBeUndefined();
  });

  it("is nothing when no name is known", () => {
    expect(closestName("x", [])).toBeUndefined();
  });
});
