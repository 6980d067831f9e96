import { beforeEach, describe, expect, it } from "vitest";
import { TargetCalls } from "../src/target-calls.ts";

let now = 0;
let calls: TargetCalls;
beforeEach(() => {
  now = 1000;
  calls = new TargetCalls(() => now);
});
const begin = (claimId: string, ...targets: readonly string[]) => calls.begin({ claimId, targets });

describe("the calls of a target", () => {
  it("are open until they are concluded", () => {
    begin("c1", "a", "b");
    expect([calls.isOpen("a"), calls.isOpen("b"), calls.isOpen("c")]).toStrictEqual([
      ...[true, true, false],
    ]);
    calls.concluded("c1");

    expect(calls.isOpen("a")).toBe(false);
  });

  it("have no rival when they are alone, or share no target", () => {
    begin("c1", "a");
    begin("c2", "b");

    expect([calls.hasRival("c1", "a"), calls.hasRival("nobody", "a")]).toStrictEqual([
      false,
      false,
    ]);
  });

  it("are each other's rivals while both may run, whichever began first", () => {
    begin("c1", "a");
    now += 500;
    begin("c2", "a");

    expect([calls.hasRival("c1", "a"), calls.hasRival("c2", "a")]).toStrictEqual([true, true]);
  });

  it("are rivals of what begins a minute after their conclusion, and not of what comes later", () => {
    begin("c1", "a");
    calls.concluded("c1");
    now += 59_999;
    begin("c2", "a");
    expect(calls.hasRival("c2", "a")).toBe(true);
    calls.leftNone("c2");
    now += 1;
    begin("c3", "a");

    expect(calls.hasRival("c3", "a")).toBe(false);
  });

  it("are rivals of what began while they could run, however long ago they ended", () => {
    begin("long", "a");
    begin("short", "a");
    calls.concluded("short");
    now += 3_600_000;
    begin("other", "b");

    expect(calls.hasRival("long", "a")).toBe(true);
  });

  it("are nobody's rivals when they surely did not run", () => {
    begin("c1", "a");
    begin("c2", "a");
    calls.leftNone("c2");

    expect([calls.hasRival("c1", "a"), calls.isOpen("a")]).toStrictEqual([false, true]);
  });

  it("are forgotten when they cannot matter any more, even beside one that stays open", () => {
    begin("open", "z");
    for (let i = 0; i < 100; i++) {
      begin(`c${i}`, "a");
      calls.concluded(`c${i}`);
      now += 10;
    }
    now += 120_000;
    begin("last", "a");

    expect(calls.size).toBe(2);
  });
});
