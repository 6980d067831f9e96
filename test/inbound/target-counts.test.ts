import { describe, expect, it } from "vitest";

import { TargetCounts } from "../../src/inbound/target-counts.ts";

const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `target-${from + n}`);

describe("counted targets", () => {
  it("are all said to be there, until they are taken out as often as they came", () => {
    const counts = new TargetCounts();
    counts.add(["a", "b"]);
    counts.add(["a"]);
    counts.remove(["a", "b"]);
    expect([counts.mayHave(["a"]), counts.mayHave(["b"])]).toEqual([true, false]);
    counts.remove(["a"]);
    expect(counts.mayHave(["a", "b"])).toBe(false);
  });

  it("are told from most that are not there", () => {
    const counts = new TargetCounts();
    counts.add(many(0, 10_000));
    expect(many(0, 10_000).every((one) => counts.mayHave([one]))).toBe(true);
    const mistaken = many(1_000_000, 10_000).filter((one) => counts.mayHave([one]));
    expect(mistaken.length).toBeLessThan(100);
  });

  it("stay there when one was counted more often than can be counted", () => {
    const counts = new TargetCounts();
    for (let n = 0; n < 300; n += 1) counts.add(["busy"]);
    for (let n = 0; n < 300; n += 1) counts.remove(["busy"]);
    expect(counts.mayHave(["busy"])).toBe(true);
    counts.clear();
    expect(counts.mayHave(["busy"])).toBe(false);
  });
});
