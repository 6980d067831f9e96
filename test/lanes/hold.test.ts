import { beforeEach, describe, expect, it } from "vitest";
import type { HoldWindowConfig } from "../../src/config/config.ts";
import { describeHeld, Hold, type HoldParts } from "../../src/lanes/hold.ts";
import { anEnd } from "../support/call-ends.ts";

/** The wall clock is that far ahead of the monotonic one. */
const EPOCH = Date.parse("2026-03-02T12:00:00Z");

let now: number;
let usedUp: string | null;
beforeEach(() => {
  now = 1000;
  usedUp = null;
});

function aHold(overrides: Partial<HoldParts> = {}): Hold {
  return new Hold({
    clock: { now: () => now, epoch: () => EPOCH + now },
    breaker: { failures: 3, openForMs: 30_000 },
    windows: [],
    usedUp: () => usedUp,
    ...overrides,
  });
}

/** A call that goes and comes back with this. */
function call(hold: Hold, end: keyof typeof ENDS): void {
  hold.learned(ENDS[end], hold.called());
}

const ENDS = {
  accepted: anEnd.accepted("1"),
  refused: anEnd.refused(),
  throttled: anEnd.throttled(),
  unavailable: anEnd.unavailable(),
  uncertain: anEnd.uncertain(),
  credentials: anEnd.credentials(),
  quota: anEnd.quota(),
} as const;

const whys = (hold: Hold) => hold.held.map(({ why }) => why);

describe("a hold", () => {
  it("is open until something holds", () => {
    const hold = aHold();

    expect(hold.called()).toBe(false);
    expect(hold.held).toStrictEqual([]);
    expect(hold.opensAt).toBe(0);
  });

  it("tells all causes at once, and is open when the last is over", () => {
    const hold = aHold({ windows: [{ ...NOON, durationMs: 60_000 }] });
    call(hold, "credentials");
    for (let failures = 0; failures < 3; failures++) hold.learned(ENDS.unavailable, false);
    hold.pause({ message: "by ann: an incident", until: null });
    usedUp = "3 calls and reads were made";

    expect(hold.held.map(describeHeld)).toStrictEqual([
      { why: "paused", message: "by ann: an incident", until: null },
      { why: "window", message: "lunch", until: "2026-03-02T12:01:00.000Z" },
      {
        why: "breaker",
        message: "3 calls in a row failed, the last one: nothing was sent",
        until: null,
      },
      { why: "credentials", message: "who are you", until: null },
      { why: "quota", message: "3 calls and reads were made", until: null },
    ]);
    usedUp = null;
    hold.pause(null);
    now = 60_000;
    expect(whys(hold)).toStrictEqual(["breaker", "credentials"]);
    call(hold, "accepted");
    expect([hold.held, hold.opensAt]).toStrictEqual([[], 0]);
  });

  it("tells what began and what is over, once", () => {
    const hold = aHold();
    expect(hold.news()).toStrictEqual({ began: [], ended: [] });
    call(hold, "credentials");
    hold.pause({ message: "by ann: an incident", until: null });
    const { began, ended } = hold.news();
    expect([began.map(({ why }) => why), ended]).toStrictEqual([["paused", "credentials"], []]);
    expect(hold.news()).toStrictEqual({ began: [], ended: [] });
    hold.pause(null);
    call(hold, "quota");
    expect(hold.news()).toMatchObject({
      began: [{ why: "quota" }],
      ended: ["paused", "credentials"],
    });
  });

  it("tells a day that is used up and a provider's own word for it as one cause", () => {
    const hold = aHold();
    call(hold, "quota");
    usedUp = "3 calls and reads were made";

    expect(hold.held).toMatchObject([{ why: "quota", message: "used up" }]);
  });
});

describe("a connection in trouble", () => {
  it.each([
    ["credentials", 1000],
    ["quota", 300_000],
  ] as const)("because of %s is probed after %d ms", (why, probeAfterMs) => {
    const hold = aHold();
    call(hold, why);

    expect(hold.held).toMatchObject([{ why, until: null }]);
    expect(hold.opensAt).toBe(1000 + probeAfterMs);
  });

  it("is probed with one call at a time", () => {
    const hold = aHold();
    call(hold, "quota");
    now = 400_000;

    expect(hold.called()).toBe(true);
    expect(hold.opensAt).toBe(Infinity);
  });

  it("goes on being probed when a call from before it ends during a probe", () => {
    const hold = aHold();
    call(hold, "credentials");
    hold.called();
    hold.learned(ENDS.credentials, false);
    hold.undecided(false);

    expect(hold.opensAt).toBe(Infinity);
  });

  it.each([
    ["credentials", [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
    ["quota", [300_000, 300_000, 300_000]],
  ] as const)("because of %s waits after each probe that meets it again", (why, delays) => {
    const hold = aHold();
    call(hold, why);
    const waited = delays.map(() => {
      const waitMs = hold.opensAt - now;
      now = hold.opensAt;
      call(hold, why);
      return waitMs;
    });

    expect(waited).toStrictEqual(delays);
  });

  it("does not wait longer because many calls met the trouble at the same time", () => {
    const hold = aHold();
    for (let calls = 0; calls < 20; calls++) hold.learned(ENDS.credentials, false);

    expect(hold.opensAt).toBe(2000);
  });

  it("begins anew with another trouble, and after it was over", () => {
    const hold = aHold();
    for (const end of ["credentials", "credentials", "quota"] as const) call(hold, end);
    expect(hold.opensAt).toBe(301_000);
    call(hold, "credentials");
    expect(hold.opensAt).toBe(2000);
    for (const end of ["credentials", "accepted", "credentials"] as const) call(hold, end);

    expect(hold.opensAt).toBe(2000);
  });

  it("waits anew after a probe that told nothing", () => {
    const hold = aHold();
    call(hold, "credentials");
    now = 31_000;
    hold.undecided(hold.called());

    expect([hold.opensAt, whys(hold)]).toStrictEqual([32_000, ["credentials"]]);
  });

  it("is not moved by a call from before it that told nothing", () => {
    const hold = aHold();
    call(hold, "credentials");
    now = 1500;
    hold.undecided(false);
    hold.learned(ENDS.unavailable, false);

    expect(hold.opensAt).toBe(2000);
  });

  it.each(["accepted", "refused", "throttled"] as const)("is over when a call is %s", (end) => {
    const hold = aHold();
    call(hold, "quota");
    call(hold, end);

    expect([hold.held, hold.opensAt]).toStrictEqual([[], 0]);
  });
});

describe("the breaker", () => {
  it("opens after so many failures in a row, of either kind", () => {
    const hold = aHold();
    call(hold, "unavailable");
    call(hold, "uncertain");
    expect([hold.breaker, hold.opensAt]).toStrictEqual(["closed", 0]);
    call(hold, "unavailable");

    expect([hold.breaker, hold.opensAt]).toStrictEqual(["open", 31_000]);
    expect(whys(hold)).toStrictEqual(["breaker"]);
  });

  it.each(["accepted", "refused", "throttled", "quota", "credentials"] as const)(
    "counts from the start again after a call that was answered with %s",
    (answer) => {
      const hold = aHold();
      for (const end of ["unavailable", "unavailable", answer, "unavailable"] as const) {
        call(hold, end);
      }

      expect(hold.breaker).toBe("closed");
    },
  );

  it("lets one call through when its time is over, and closes when that is answered", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "unavailable");
    now = 31_000;
    expect(hold.opensAt).toBe(31_000);
    expect(hold.called()).toBe(true);
    expect([hold.breaker, hold.opensAt]).toStrictEqual(["probing", Infinity]);
    hold.learned(ENDS.refused, true);

    expect([hold.breaker, hold.opensAt]).toStrictEqual(["closed", 0]);
  });

  it("stays open for as long again after each probe that surely did not execute", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "unavailable");
    for (const at of [50_000, 90_000, 150_000]) {
      now = at;
      call(hold, "unavailable");
      expect([hold.breaker, hold.opensAt]).toStrictEqual(["open", at + 30_000]);
    }
  });

  it("stays open for longer after each probe that may have run, up to eight times as long", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "uncertain");
    const waits = Array.from({ length: 5 }, () => {
      now = hold.opensAt;
      call(hold, "uncertain");
      return hold.opensAt - now;
    });
    expect(waits).toStrictEqual([60_000, 120_000, 240_000, 240_000, 240_000]);

    call(hold, "accepted");
    for (let failures = 0; failures < 3; failures++) call(hold, "uncertain");
    expect(hold.opensAt - now).toBe(30_000);
  });

  it("wants something harmless to be asked before each probe, and waits again after silence", () => {
    const hold = aHold();
    expect(hold.soundsFirst).toBe(false);
    for (let failures = 0; failures < 3; failures++) call(hold, "uncertain");
    now = 31_000;
    expect([hold.soundsFirst, hold.opensAt]).toStrictEqual([true, 31_000]);
    hold.sounds();
    expect([hold.breaker, hold.opensAt]).toStrictEqual(["probing", Infinity]);
    now = 40_000;
    hold.sounded("nobody answered");
    expect([hold.breaker, hold.soundsFirst, hold.opensAt]).toStrictEqual(["open", true, 70_000]);
    expect(hold.held[0]?.message).toMatch(/^3 calls .*; nor was a read answered: nobody answered$/);

    now = 70_000;
    hold.sounds();
    hold.sounded(null);
    expect([hold.soundsFirst, hold.opensAt]).toStrictEqual([false, 70_000]);
    expect(hold.held[0]?.message).not.toContain("read");
    call(hold, "unavailable");
    expect(hold.soundsFirst).toBe(true);
  });

  it("goes on at once when a call is answered while something harmless is asked", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "uncertain");
    now = 31_000;
    hold.sounds();
    hold.learned(ENDS.accepted, false);
    hold.sounded("nobody answered");

    expect([hold.breaker, hold.soundsFirst, hold.opensAt]).toStrictEqual(["closed", false, 0]);
    for (let failures = 0; failures < 3; failures++) call(hold, "uncertain");
    expect(hold.held[0]?.message).not.toContain("read");
  });

  it("is not kept open by calls from before it opened that fail late", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "unavailable");
    now = 20_000;
    hold.learned(ENDS.uncertain, false);

    expect(hold.opensAt).toBe(31_000);
  });

  it("closes by an answer to a call from before it opened", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "unavailable");
    hold.learned(ENDS.accepted, false);

    expect(hold.breaker).toBe("closed");
  });

  it("goes over to held credentials when a probe finds the provider back without them", () => {
    const hold = aHold();
    for (let failures = 0; failures < 3; failures++) call(hold, "unavailable");
    now = 31_000;
    call(hold, "credentials");

    expect([whys(hold), hold.opensAt]).toStrictEqual([["credentials"], 32_000]);
  });

  it("never opens when it is off", () => {
    const hold = aHold({ breaker: null });
    for (let failures = 0; failures < 100; failures++) call(hold, "unavailable");

    expect([hold.breaker, hold.opensAt]).toStrictEqual(["closed", 0]);
  });
});

const NOON: HoldWindowConfig = {
  ...{ cron: "0 12 * * *", durationMs: 60_000, timezone: "UTC", reason: "lunch" },
};

describe("a pause", () => {
  it("lets nothing through, no probe either, until it is taken back", () => {
    const hold = aHold();
    call(hold, "credentials");
    hold.pause({ message: "by ann", until: null });
    now = 1_000_000;
    expect(hold.opensAt).toBe(Infinity);
    hold.pause(null);

    expect(hold.opensAt).toBe(2000);
  });

  it("ends by itself at its time", () => {
    const hold = aHold();
    hold.pause({ message: "by ann", until: EPOCH + 5000 });
    expect([hold.opensAt, whys(hold)]).toStrictEqual([5000, ["paused"]]);
    now = 5000;

    expect([hold.opensAt, hold.held]).toStrictEqual([0, []]);
  });
});

describe("a hold window", () => {
  it("lets nothing through until it is over", () => {
    const hold = aHold({ windows: [NOON] });
    expect([hold.opensAt, whys(hold)]).toStrictEqual([60_000, ["window"]]);
    now = 60_000;

    expect([hold.opensAt, hold.held]).toStrictEqual([0, []]);
  });

  it("and a pause hold until the later of their ends", () => {
    const hold = aHold({ windows: [NOON] });
    hold.pause({ message: "by ann", until: EPOCH + 90_000 });
    expect(hold.opensAt).toBe(90_000);
    hold.pause({ message: "by ann", until: EPOCH + 30_000 });

    expect(hold.opensAt).toBe(60_000);
  });
});
