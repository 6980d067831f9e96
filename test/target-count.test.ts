import { describe, expect, it } from "vitest";
import { TargetCount } from "../src/target-count.ts";

describe("the targets in somebody's hands", () => {
  it("are there from the start of the work to the end of the last one", async () => {
    const count = new TargetCount();
    const ends: (() => void)[] = [];
    const work = async () => new Promise<void>((resolve) => ends.push(resolve));
    const first = count.during(["a", "b"], work);
    const second = count.during(["a"], work);
    expect([count.has("a"), count.has("b"), count.has("c")]).toStrictEqual([true, true, false]);

    ends[0]?.();
    await first;
    expect([count.has("a"), count.has("b")]).toStrictEqual([true, false]);
    ends[1]?.();
    await second;
    expect(count.has("a")).toBe(false);
  });

  it("are let go by work that fails, and its failure is told", async () => {
    const count = new TargetCount();
    const failure = count.during(["a"], async () => Promise.reject(new Error("a bug")));

    await expect(failure).rejects.toThrow("a bug");
    expect(count.has("a")).toBe(false);
  });
});
