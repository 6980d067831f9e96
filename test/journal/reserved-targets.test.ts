import { describe, expect, it } from "vitest";
import { ReservedTargets } from "../../src/journal/reserved-targets.ts";

describe("reserved targets", () => {
  it("are reserved until everybody who asked for them has the answer", () => {
    const reserved = new ReservedTargets();
    reserved.add("p", ["x", "y"]);
    reserved.add("p", ["x"]);
    const has = () => ["x", "y", "z"].map((target) => reserved.has("p", target));

    expect(has()).toStrictEqual([true, true, false]);
    reserved.remove("p", ["x", "y"]);
    expect(has()).toStrictEqual([true, false, false]);
    reserved.remove("p", ["x"]);
    expect(has()).toStrictEqual([false, false, false]);
  });

  it("count a target that is named twice twice", () => {
    const reserved = new ReservedTargets();
    reserved.add("p", ["x", "x"]);
    reserved.remove("p", ["x"]);

    expect(reserved.has("p", "x")).toBe(true);
  });

  it("belong to their connection", () => {
    const reserved = new ReservedTargets();
    reserved.add("ab", ["c"]);

    expect([reserved.has("a", "bc"), reserved.has("b", "c")]).toStrictEqual([false, false]);
  });
});
