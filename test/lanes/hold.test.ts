import { beforeEach, describe, expect, it } from "vitest";
import { Hold } from "../../src/lanes/hold.ts";

let now: number;
let hold: Hold;
beforeEach(() => {
  now = 1000;
  hold = new Hold(() => now);
});

describe("a hold", () => {
  it("is open until a call ends in the connection's trouble", () => {
    hold.called();

    expect(hold.held).toBeNull();
    expect(hold.opensAt).toBe(0);
  });

  it.each([
    ["credentials", 30_000],
    ["quota", 300_000],
  ] as const)("because of %s opens for a probe after %d ms", (why, probeAfterMs) => {
    hold.hold(why, "no");

    expect(hold.held).toMatchObject({ why, message: "no" });
    expect(hold.opensAt).toBe(1000 + probeAfterMs);
  });

  it("lets one probe through at a time", () => {
    hold.hold("quota", "no");
    now = 400_000;
    hold.called();

    expect(hold.opensAt).toBe(Infinity);
  });

  it("waits anew after a probe that met the same trouble", () => {
    hold.hold("credentials", "no");
    now = 31_000;
    hold.called();
    hold.hold("credentials", "still no");

    expect(hold.opensAt).toBe(61_000);
    expect(hold.held).toMatchObject({ message: "still no" });
  });

  it("waits anew after a probe that told nothing", () => {
    hold.hold("credentials", "no");
    now = 31_000;
    hold.called();
    hold.undecided();

    expect(hold.opensAt).toBe(61_000);
    expect(hold.held).toMatchObject({ why: "credentials" });
  });

  it("is not moved by a call from before it that told nothing", () => {
    hold.hold("credentials", "no");
    now = 20_000;
    hold.undecided();

    expect(hold.opensAt).toBe(31_000);
  });

  it("ends when a call gets past the trouble", () => {
    hold.hold("quota", "no");
    hold.called();
    hold.release();

    expect(hold.held).toBeNull();
    expect(hold.opensAt).toBe(0);
  });
});
