import { CronStarts } from "../lanes/cron-starts.ts";
import type { BreakerConfig, HoldWindowConfig } from "./config.ts";
import type { Findings } from "./config-problem.ts";
import { isMissing, type Place } from "./config-value.ts";
import { Section } from "./section.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** So many beginnings are looked at to see whether a window ever ends: more than a day has minutes. */
const STARTS_TO_LOOK_AT = 1500;

/** Reads `breaker`; null switches it off. */
export function readBreaker(provider: Section): BreakerConfig | null {
  const isOff = provider.place("breaker").value !== undefined && !provider.isGiven("breaker");
  const breaker = provider.section("breaker", ["failures", "openFor"]);
  const read = {
    failures: breaker.integer("failures", { default: 5, min: 1, max: 1000 }),
    openForMs: breaker.duration("openFor", { default: 30_000, min: 100, max: 3_600_000 }),
  };
  return isOff ? null : read;
}

/** Reads `holdWindows`; nothing and null are none. */
export function readHoldWindows(
  provider: Section,
  findings: Findings,
): readonly HoldWindowConfig[] {
  return provider
    .items("holdWindows", "a list of { cron, duration, timezone, reason }")
    .map((place) => readWindow(place, findings));
}

function readWindow(place: Place, findings: Findings): HoldWindowConfig {
  const window = new Section(place, ["cron", "duration", "timezone", "reason"], findings);
  const read = {
    cron: window.text("cron", {
      expected: 'a cron expression of five parts such as "0 22 * * *"',
      matches: /^\S+( +\S+){4}$/,
    }),
    durationMs: window.duration("duration", { default: 0, min: 1000, max: 7 * DAY_MS }),
    timezone: window.text("timezone", { expected: "a time zone's name", default: "UTC" }),
    reason: window.text("reason", { expected: "text", default: "hold window" }),
  };
  if (window.place("duration").value === undefined) {
    window.refuse("duration", "a duration such as 30m or 2h");
  }
  const keys = ["cron", "duration", "timezone"];
  const isUnset = keys.some((key) => isMissing(window.place(key).value));
  const isClean = findings.areClean(keys.map((key) => `${window.path}.${key}`));
  if (isClean && !isUnset) refuse(window, read);
  return read;
}

/** What is wrong with a window that is well written. */
function refuse(window: Section, { cron, durationMs, timezone }: HoldWindowConfig): void {
  if (!isTimezone(timezone)) {
    window.refuse("timezone", "a time zone's name in the IANA database, such as Asia/Shanghai");
    return;
  }
  const starts = startsOf(cron, timezone);
  if (starts === null) {
    window.refuse("cron", 'a cron expression of five parts such as "0 22 * * *"');
  } else if (starts.after(0) === Infinity) {
    window.refuse("cron", "an expression that names a day that comes");
  } else if (neverEnds(starts, durationMs)) {
    const expected = "shorter than the time to the next beginning: the lane would be held for ever";
    window.relate("duration", false, ["cron"], expected);
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function startsOf(cron: string, timezone: string): CronStarts | null {
  try {
    return new CronStarts(cron, timezone);
  } catch {
    return null;
  }
}

/** Whether each beginning comes before the window of the last one is over. */
function neverEnds(starts: CronStarts, durationMs: number): boolean {
  let start = starts.after(0);
  for (let looked = 0; looked < STARTS_TO_LOOK_AT; looked++) {
    const next = starts.after(start);
    if (next - start > durationMs) return false;
    start = next;
  }
  return true;
}
