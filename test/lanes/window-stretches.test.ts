import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CronStarts } from "../../src/lanes/cron-starts.ts";
import { freeTimes, type Stretch, WindowStretches } from "../../src/lanes/window-stretches.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NEW_YEAR = Date.parse("2026-01-01T00:00:00Z");

interface Pattern {
  readonly cron: string;
  readonly timezone: string;
  readonly durationMs: number;
}

function aPattern(overrides: Partial<Pattern> = {}): Pattern {
  return { cron: "0 22 * * *", timezone: "UTC", durationMs: 2 * HOUR_MS, ...overrides };
}

function freeOf(patterns: readonly Pattern[], from: number, to: number): readonly Stretch[] {
  const windows = patterns.map((pattern) => new WindowStretches(pattern));
  return [...freeTimes(windows, from, to)];
}

/** The same from beginning to beginning. */
function freeByStarts(patterns: readonly Pattern[], from: number, to: number): readonly Stretch[] {
  const open: Stretch[] = [];
  for (const { cron, timezone, durationMs } of patterns) {
    const starts = new CronStarts(cron, timezone);
    for (let at = starts.after(from - durationMs); at < to; at = starts.after(at)) {
      open.push({ begin: at, end: at + durationMs });
    }
  }
  const free: Stretch[] = [];
  let until = from;
  for (const { begin, end } of [...open.toSorted((a, b) => a.begin - b.begin), aStretch(to)]) {
    if (begin > until) free.push({ begin: until, end: begin });
    until = Math.max(until, end);
  }
  return free;
}

const aStretch = (begin: number): Stretch => ({ begin, end: begin });

describe("the times at which no window is open", () => {
  it("are all of the time when there is none", () => {
    expect(freeOf([], 5, 9)).toStrictEqual([{ begin: 5, end: 9 }]);
  });

  it("lie between windows, to the millisecond", () => {
    const from = NEW_YEAR + 22 * HOUR_MS;

    expect(freeOf([aPattern()], from, from + DAY_MS + 1)).toStrictEqual([
      { begin: from + 2 * HOUR_MS, end: from + DAY_MS },
    ]);
  });

  it("are none where one window opens as the other ends", () => {
    const patterns = ["0 0 * * *", "0 12 * * *"].map((cron) =>
      aPattern({ cron, durationMs: 12 * HOUR_MS }),
    );

    expect(freeOf(patterns, NEW_YEAR + 5, NEW_YEAR + 5 + 30 * DAY_MS)).toStrictEqual([]);
  });

  // Nights in which clocks change, and others.
  const nights = [
    ["UTC", "2026-03-01T00:00:00Z"],
    ["Asia/Shanghai", "2026-02-27T13:00:00Z"],
    ["Europe/Berlin", "2026-03-28T12:00:00Z"],
    ["Europe/Berlin", "2026-10-24T12:00:00Z"],
    ["America/New_York", "2026-03-07T20:00:00Z"],
    ["America/New_York", "2026-10-31T20:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T00:00:00Z"],
    ["Australia/Lord_Howe", "2026-10-03T00:00:00Z"],
    ["Africa/Cairo", "2026-04-23T12:00:00Z"],
    ["Africa/Cairo", "2026-10-29T12:00:00Z"],
    ["America/Havana", "2026-03-07T20:00:00Z"],
    ["America/Havana", "2026-10-31T20:00:00Z"],
    ["America/Nuuk", "2026-03-28T12:00:00Z"],
    ["America/Nuuk", "2026-10-24T12:00:00Z"],
  ] as const;
  const pattern = fc.record({
    minute: fc.constantFrom("0", "30", "0,30", "*/20", "10-20", "59"),
    hour: fc.constantFrom("*", "0", "1", "2", "23", "1-3", "*/6", "0,2,12", "22-23"),
    day: fc.constantFrom("* * *", "* * SUN", "1-7 * *", "L * *", "* 3,4,10 SAT,SUN", "1 * MON"),
    durationMs: fc.constantFrom(MINUTE_MS, 90_000, 20 * MINUTE_MS, HOUR_MS, DAY_MS, 100 * HOUR_MS),
  });

  it.each(nights)("are those that the beginnings tell, in %s from %s on", (timezone, night) => {
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: DAY_MS }),
        (chosen, later) => {
          const patterns = chosen.map(({ minute, hour, day, durationMs }, i) => {
            const zone = i === 2 ? "UTC" : timezone;
            return { cron: `${minute} ${hour} ${day}`, timezone: zone, durationMs };
          });
          const from = Date.parse(night) + later;

          expect(freeOf(patterns, from, from + 2 * DAY_MS)).toStrictEqual(
            freeByStarts(patterns, from, from + 2 * DAY_MS),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  // From beginning to beginning it would take several times as long.
  it("are found behind months of windows each minute soon", { timeout: 10_000 }, () => {
    const eachMinute = aPattern({
      ...{ cron: "* * * 1-11 *", timezone: "Europe/Berlin", durationMs: MINUTE_MS },
    });

    expect(freeOf([eachMinute], NEW_YEAR, NEW_YEAR + 340 * DAY_MS)).toStrictEqual([
      { begin: Date.parse("2026-11-30T23:00:00Z"), end: NEW_YEAR + 340 * DAY_MS },
    ]);
  });
});
