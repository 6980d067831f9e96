import { CronStarts } from "../lanes/cron-starts.ts";
import { freeTimes, WindowStretches } from "../lanes/window-stretches.ts";
import type { BreakerConfig, HoldWindowConfig } from "./config.ts";
import type { Findings } from "./config-problem.ts";
import { isMissing, type Place } from "./config-value.ts";
import type { ReadingContext } from "./read-pem.ts";
import { Section } from "./section.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 366 * DAY_MS;

/** More than changes of the clock leave free in a year between windows that follow on each other. */
const LEAST_FREE_MS = 6 * HOUR_MS;

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
  { findings, surroundings }: ReadingContext,
): readonly HoldWindowConfig[] {
  const epoch = surroundings.epoch ?? Date.now();
  const windows = provider
    .items("holdWindows", "a list of { cron, duration, timezone, reason }")
    .map((place) => readWindow(place, findings, epoch));
  const stretches = windows.map((window) => window.stretches).filter((one) => one !== null);
  const areSound = windows.length > 1 && stretches.length === windows.length;
  if (areSound && areEndless(stretches, epoch)) {
    const expected = "windows that together leave some time: the lane would be held for ever";
    provider.relate("holdWindows", false, [], expected);
  }
  return windows.map(({ config }) => config);
}

interface ReadWindow {
  readonly config: HoldWindowConfig;
  /** Null: something is wrong with it, or not there. */
  readonly stretches: WindowStretches | null;
}

function readWindow(place: Place, findings: Findings, epoch: number): ReadWindow {
  const window = new Section(place, ["cron", "duration", "timezone", "reason"], findings);
  const config = {
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
  return { config, stretches: isClean && !isUnset ? stretchesOf(window, config, epoch) : null };
}

/** Null after what is wrong with a window that is well written was refused. */
function stretchesOf(
  window: Section,
  config: HoldWindowConfig,
  epoch: number,
): WindowStretches | null {
  const { cron, timezone } = config;
  if (!isTimezone(timezone)) {
    window.refuse("timezone", "a time zone's name in the IANA database, such as Asia/Shanghai");
    return null;
  }
  const starts = startsOf(cron, timezone);
  if (starts === null) {
    window.refuse("cron", 'a cron expression of five parts such as "0 22 * * *"');
    return null;
  }
  if (starts.after(epoch) === Infinity) {
    window.refuse("cron", "an expression that names a day that comes");
    return null;
  }
  const stretches = new WindowStretches(config);
  if (!areEndless([stretches], epoch)) return stretches;
  const expected = "shorter than the time to the next beginning: the lane would be held for ever";
  window.relate("duration", false, ["cron"], expected);
  return null;
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

/** Whether a lane that these windows hold is hardly ever free in the year that follows. */
function areEndless(windows: readonly WindowStretches[], epoch: number): boolean {
  let freeMs = 0;
  for (const { begin, end } of freeTimes(windows, epoch, epoch + YEAR_MS)) {
    freeMs += end - begin;
    if (freeMs >= LEAST_FREE_MS) return false;
  }
  return true;
}
