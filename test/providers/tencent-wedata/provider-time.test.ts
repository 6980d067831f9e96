import { describe, expect, it } from "vitest";
import { epochMsOf, jobCreationMs } from "../../../src/providers/tencent-wedata/provider-time.ts";

const at = Date.parse("2025-10-02T04:00:00Z");

describe("WeData's times", () => {
  it.each([
    ["2025-10-02 12:00:00", at],
    ["2025-10-02T12:00:00", at],
    ["1759377600000", at],
    ["2025-10-02", null],
    ["2025-13-02 12:00:00", null],
    ["", null],
    [null, null],
    [1759377600000, null],
  ])("%j is %s", (text, ms) => {
    expect(epochMsOf(text)).toBe(ms);
  });
});

describe("when a job was created", () => {
  it.each([
    ["in UTC+8", "2025-10-02T12:00:01", at + 1000],
    ["in UTC", "2025-10-02T04:00:01", at + 1000],
    ["by a clock that is five minutes late", "2025-10-02T11:55:00", at - 300_000],
    ["at another time in every zone", "2025-10-02T11:54:59", null],
    ["in UTC-5", "2025-10-01T23:00:01", null],
    ["at no time", null, null],
    ["in words", "yesterday", null],
  ])("is told %s", (_how, createdAt, ms) => {
    expect(jobCreationMs(createdAt, at)).toBe(ms);
  });
});
