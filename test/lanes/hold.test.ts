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
    ["credentials", 1000],
    ["quota", 300_000],
  ] as const)("because of %s opens for a probe after %d ms", (why, probeAfterMs) => {
    hold.hold(why, "no", false);

    expect(hold.held).toStrictEqual({ why, message: "no" });
    expect(hold.opensAt).toBe(1000 + probeAfterMs);
  });

  it("lets one probe through at a time", () => {
    hold.hold("quota", "no", false);
    now = 400_000;

    expect(hold.called()).toBe(true);
    expect(hold.opensAt).toBe(Infinity);
  });

  it("says of a call while nothing is wrong that it is no probe", () => {
    expect(hold.called()).toBe(false);
  });

  it("goes on probing when a call from before it ends during a probe", () => {
    hold.hold("credentials", "no", false);
    hold.called();
    hold.hold("credentials", "still no", false);
    hold.undecided(false);

    expect(hold.opensAt).toBe(Infinity);
  });

  it.each([
    ["credentials", [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
    ["quota", [300_000, 300_000, 300_000]],
  ] as const)("because of %s waits after each probe that meets it again", (why, delays) => {
    hold.hold(why, "no", false);
    const waited = delays.map(() => {
      const waitMs = hold.opensAt - now;
      now = hold.opensAt;
      hold.hold(why, "still no", hold.called());
      return waitMs;
    });

    expect(waited).toStrictEqual(delays);
    expect(hold.held).toMatchObject({ message: "still no" });
  });

  it("does not wait longer because many calls met the trouble at the same time", () => {
    for (let call = 0; call < 20; call++) hold.hold("credentials", "no", false);

    expect(hold.opensAt).toBe(2000);
  });

  it("begins anew with another trouble, and after it was over", () => {
    hold.hold("credentials", "no", false);
    hold.hold("credentials", "no", hold.called());
    hold.hold("quota", "used up", hold.called());
    expect(hold.opensAt).toBe(301_000);
    hold.hold("credentials", "no", hold.called());
    expect(hold.opensAt).toBe(2000);
    hold.hold("credentials", "no", hold.called());
    hold.release();
    hold.hold("credentials", "no", false);

    expect(hold.opensAt).toBe(2000);
  });

  it("waits anew after a probe that told nothing", () => {
    hold.hold("credentials", "no", false);
    now = 31_000;
    hold.undecided(hold.called());

    expect(hold.opensAt).toBe(32_000);
    expect(hold.held).toMatchObject({ why: "credentials" });
  });

  it("is not moved by a call from before it that told nothing", () => {
    hold.hold("credentials", "no", false);
    now = 1500;
    hold.undecided(false);

    expect(hold.opensAt).toBe(2000);
  });

  it("ends when a call gets past the trouble", () => {
    hold.hold("quota", "no", false);
    hold.called();
    hold.release();

    expect(hold.held).toBeNull();
    expect(hold.opensAt).toBe(0);
  });
});
