import { describe, expect, it } from "vitest";
import type { HoldWindowConfig } from "../../src/config/config.ts";
import { HoldWindows } from "../../src/lanes/hold-windows.ts";

const HOUR_MS = 3_600_000;

function aWindow(overrides: Partial<HoldWindowConfig> = {}): HoldWindowConfig {
  const usual = { cron: "0 22 * * *", durationMs: 2 * HOUR_MS, timezone: "Asia/Shanghai" };
  return { ...usual, reason: "release freeze", ...overrides };
}

/** Whether a lane is held at each of these instants, asked in this order. */
function heldAt(windows: HoldWindows, ...instants: readonly string[]): readonly boolean[] {
  return instants.map((instant) => windows.at(Date.parse(instant)) !== null);
}

function untilAt(windows: HoldWindows, instant: string): string | undefined {
  const open = windows.at(Date.parse(instant));
  return open === null ? undefined : new Date(open.until).toISOString();
}

describe("hold windows", () => {
  it("hold nothing when there are none", () => {
    expect(new HoldWindows([]).at(0)).toBeNull();
  });

  it("hold from their beginning in their time zone, for their duration, to the millisecond", () => {
    const windows = new HoldWindows([aWindow()]);

    expect(
      heldAt(
        windows,
        "2026-03-02T13:59:59.999Z",
        "2026-03-02T14:00:00.000Z",
        "2026-03-02T15:59:59.999Z",
        "2026-03-02T16:00:00.000Z",
        "2026-03-03T14:00:00.000Z",
      ),
    ).toStrictEqual([false, true, true, false, true]);
    expect(windows.at(Date.parse("2026-03-03T14:30:00Z"))).toStrictEqual({
      until: Date.parse("2026-03-03T16:00:00Z"),
      reason: "release freeze",
    });
  });

  it("are looked at anew when the wall clock is set back", () => {
    const windows = new HoldWindows([aWindow()]);

    expect(
      heldAt(windows, "2026-03-02T17:00:00Z", "2026-03-02T15:00:00Z", "2026-03-02T13:00:00Z"),
    ).toStrictEqual([false, true, false]);
  });

  it("that overlap or follow on each other hold until the last of them ends", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "UTC", cron: "0 10 * * *", reason: "backup" }),
      aWindow({ timezone: "UTC", cron: "0 11 * * *", durationMs: 90 * 60_000 }),
      aWindow({ timezone: "UTC", cron: "30 12 * * *", durationMs: HOUR_MS }),
    ]);

    expect(untilAt(windows, "2026-03-02T10:15:00Z")).toBe("2026-03-02T13:30:00.000Z");
    const reasonAt = (instant: string) => windows.at(Date.parse(instant))?.reason;
    expect(
      ["2026-03-02T10:15:00Z", "2026-03-02T11:15:00Z", "2026-03-02T12:15:00Z"].map(reasonAt),
    ).toStrictEqual(["backup", "backup; release freeze", "release freeze"]);
  });

  it.each([
    ["* 8-19 * * *", 60_000, "2026-03-02T08:00:01Z", "2026-03-02T20:00:00.000Z"],
    ["*/5 * 1-20 * *", 300_000, "2026-03-02T08:00:01Z", "2026-03-21T00:00:00.000Z"],
    ["0 0 * * MON-FRI", 24 * HOUR_MS, "2026-03-02T08:00:01Z", "2026-03-07T00:00:00.000Z"],
  ])("that follow on each other many times hold until the last ends: %s", (...given) => {
    const [cron, durationMs, instant, until] = given;
    const windows = new HoldWindows([aWindow({ timezone: "UTC", cron, durationMs })]);

    expect(untilAt(windows, instant)).toBe(until);
  });

  it("tell the same end while it lasts, and the next one's afterwards, also when set back", () => {
    const cron = "* 8-19 * * *";
    const windows = new HoldWindows([aWindow({ timezone: "UTC", cron, durationMs: 60_000 })]);
    const instants = [
      ...["2026-03-02T08:00:00Z", "2026-03-02T19:59:59Z", "2026-03-02T20:00:00Z"],
      ...["2026-03-03T08:00:00Z", "2026-03-02T12:00:00Z"],
    ];

    expect(instants.map((instant) => untilAt(windows, instant))).toStrictEqual([
      ...["2026-03-02T20:00:00.000Z", "2026-03-02T20:00:00.000Z", undefined],
      ...["2026-03-03T20:00:00.000Z", "2026-03-02T20:00:00.000Z"],
    ]);
  });

  it("that do not end within a year tell that they do not end before", () => {
    const start = Date.parse("2026-03-02T08:00:00Z");
    const windows = new HoldWindows([aWindow({ cron: "* * * * *", durationMs: 60_000 })]);

    expect(windows.at(start)?.until).toBeGreaterThanOrEqual(start + 365 * 24 * HOUR_MS);
  });

  it("that begin again before they are over hold from the first to the last end", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "UTC", cron: "0 9-11 * * *", durationMs: 90 * 60_000 }),
    ]);

    expect(untilAt(windows, "2026-03-02T09:00:00Z")).toBe("2026-03-02T12:30:00.000Z");
    expect(
      heldAt(windows, "2026-03-02T10:29:00Z", "2026-03-02T10:31:00Z", "2026-03-02T12:30:00Z"),
    ).toStrictEqual([true, true, false]);
  });

  it("follow the clocks of their zone through the year", () => {
    const windows = new HoldWindows([aWindow({ timezone: "Europe/Berlin" })]);

    expect(untilAt(windows, "2026-01-15T21:30:00Z")).toBe("2026-01-15T23:00:00.000Z");
    expect(untilAt(windows, "2026-07-15T20:30:00Z")).toBe("2026-07-15T22:00:00.000Z");
  });

  it("last their duration in passed time across a night in which clocks go forward", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "Europe/Berlin", cron: "0 1 * * *", durationMs: 3 * HOUR_MS }),
    ]);

    // 01:00 is 00:00 UTC; three hours later the clocks there say 05:00.
    expect(untilAt(windows, "2026-03-29T00:30:00Z")).toBe("2026-03-29T03:00:00.000Z");
  });

  it("that begin in the hour that does not exist begin when it would end", () => {
    const windows = new HoldWindows([aWindow({ timezone: "Europe/Berlin", cron: "30 2 * * *" })]);

    expect(heldAt(windows, "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z")).toStrictEqual([
      false,
      true,
    ]);
  });

  it("that begin in the hour that comes twice begin once, in the first", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "Europe/Berlin", cron: "30 2 * * *", durationMs: 30 * 60_000 }),
    ]);

    expect(
      heldAt(windows, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"),
    ).toStrictEqual([true, false, false]);
  });

  it.each(["0,30 2 * * *", "*/30 2 * * *", "0-59/30 2 * * *", "0,30 2-2 * * *", "* 2 * * *"])(
    "of lists, steps and ranges do not come in the hour that does not exist, and come in both of two: %s",
    (cron) => {
      const windows = new HoldWindows([
        aWindow({ timezone: "Europe/Berlin", cron, durationMs: 30 * 60_000 }),
      ]);

      expect(
        heldAt(windows, "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:45:00Z"),
      ).toStrictEqual([false, false, false]);
      expect(
        heldAt(windows, "2026-10-25T00:05:00Z", "2026-10-25T01:05:00Z", "2026-10-25T02:35:00Z"),
      ).toStrictEqual([true, true, false]);
    },
  );

  it("of a range of hours leave none of the two free", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "Europe/Berlin", cron: "0 1-4 * * *", durationMs: HOUR_MS }),
    ]);

    expect(untilAt(windows, "2026-10-24T23:00:00Z")).toBe("2026-10-25T04:00:00.000Z");
  });

  it("that begin in a time that clocks skip do not begin on the next day instead", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "America/Nuuk", cron: "30 23 * * *", durationMs: HOUR_MS }),
    ]);

    // There 23:00 on Saturday is 00:00 on Sunday.
    expect(
      heldAt(windows, "2026-03-28T01:45:00Z", "2026-03-29T01:15:00Z", "2026-03-30T00:45:00Z"),
    ).toStrictEqual([true, false, true]);
  });

  it("of every hour come in both of the two", () => {
    const windows = new HoldWindows([
      aWindow({ timezone: "Europe/Berlin", cron: "0 * * * *", durationMs: 10 * 60_000 }),
    ]);

    expect(
      heldAt(
        windows,
        "2026-10-25T00:05:00Z",
        "2026-10-25T00:15:00Z",
        "2026-10-25T01:05:00Z",
        "2026-10-25T02:05:00Z",
      ),
    ).toStrictEqual([true, false, true, true]);
  });
});
