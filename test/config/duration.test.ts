import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, LONGEST_DURATION_MS, parseDuration } from "../../src/config/duration.ts";

describe("a duration", () => {
  it.each([
    ["250ms", 250],
    ["5s", 5000],
    ["10m", 600_000],
    ["24h", 86_400_000],
    ["0s", 0],
  ])("%s is %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", "5", "0", "5 s", " 5s", "5S", "1.5s", "-5s", "5s5s", "5d", "ms", "1e3s", "99999h"])(
    "is not written %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("comes back as it was from its own spelling", () => {
    fc.assert(
      fc.property(fc.nat(LONGEST_DURATION_MS), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });

  it("is never longer than a timer can wait", () => {
    const units = fc.constantFrom("ms", "s", "m", "h");
    fc.assert(
      fc.property(fc.nat(), units, (count, unit) => {
        expect(parseDuration(`${count}${unit}`) ?? 0).toBeLessThanOrEqual(LONGEST_DURATION_MS);
      }),
    );
  });

  it("is longer only where no timer waits for it", () => {
    expect(parseDuration("2160h", 90 * 86_400_000)).toBe(90 * 86_400_000);
    expect(parseDuration("2161h", 90 * 86_400_000)).toBeUndefined();
  });

  it.each([
    [60_000, "1m"],
    [90_000, "90s"],
    [1500, "1500ms"],
    [0, "0ms"],
  ])("%i ms are written %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
