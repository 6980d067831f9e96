import type { Days } from "./task-flow-instance.ts";

const DAY_MS = 24 * 3_600_000;
/** DMS shows running times in UTC+8 (its basic concepts). */
const ZONE_MS = 8 * 3_600_000;

/** The moment of a DMS time, to the second; null for what is not one. */
export function momentOf(text: string | number | null | undefined): number | null {
  if (typeof text !== "string" || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const moment = Date.parse(`${text.replace(" ", "T")}+08:00`);
  return Number.isNaN(moment) ? null : moment;
}

/** A moment cut to the whole seconds in which DMS tells times. */
export function wholeSecond(epochMs: number): number {
  return Math.floor(epochMs / 1000) * 1000;
}

/** The day of a moment with two days before it and one after. */
export function daysAround(epochMs: number): Days {
  const day = (ms: number) => new Date(ms + ZONE_MS).toISOString().slice(0, 10);
  return { from: day(epochMs - 2 * DAY_MS), to: day(epochMs + DAY_MS) };
}
