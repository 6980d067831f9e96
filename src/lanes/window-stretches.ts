import type { HoldWindowConfig } from "../config/config.ts";
import { CronStarts } from "./cron-starts.ts";

/** A time without a break, milliseconds since the epoch; its end does not belong to it. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** More than the time by which a day can be longer than others. */
const LONGEST_CHANGE_MS = 4 * HOUR_MS;

/**
 * The times at which one window is open, day by day: what `CronStarts` tells, for those who look far
 * ahead. Beginnings are the same on all days on which clocks are not changed, so that they are
 * reckoned once, and a year of windows each minute costs as much as some hundred beginnings.
 */
export class WindowStretches {
  readonly #durationMs: number;
  readonly #starts: CronStarts;
  /** When the days begin on which the window does. */
  readonly #days: CronStarts;
  readonly #midnights: CronStarts;
  /** Of a day of 24 hours, from its beginning on. */
  readonly #usual: readonly Stretch[];

  /** Throws when the expression cannot be read or nobody knows the zone. */
  constructor({ cron, timezone, durationMs }: Omit<HoldWindowConfig, "reason">) {
    const [minutes = "", hours = "", ...days] = cron.split(/ +/);
    this.#durationMs = durationMs;
    this.#starts = new CronStarts(cron, timezone);
    this.#days = new CronStarts(`0 0 ${days.join(" ")}`, timezone);
    this.#midnights = new CronStarts("0 0 * * *", timezone);
    const ofHour = within(new CronStarts(`${minutes} 0 * * *`, "UTC"), 0, HOUR_MS);
    const ofDay = within(new CronStarts(`0 ${hours} * * *`, "UTC"), 0, DAY_MS);
    const starts = ofDay.flatMap((hour) => ofHour.map((minute) => hour + minute));
    this.#usual = joined(starts, durationMs);
  }

  /**
   * From those on that are open at this instant or later, by their beginnings, without an end.
   * Within a day what follows on each other is one stretch; those of several days may overlap.
   */
  *from(epoch: number): Generator<Stretch, undefined> {
    let day = this.#days.after(epoch - this.#durationMs - DAY_MS - LONGEST_CHANGE_MS);
    while (day !== Infinity) {
      for (const stretch of this.#on(day)) if (stretch.end > epoch) yield stretch;
      day = this.#days.after(day);
    }
    return undefined;
  }

  #on(day: number): readonly Stretch[] {
    const end = this.#midnights.after(day);
    if (end - day !== DAY_MS) return joined(within(this.#starts, day, end), this.#durationMs);
    return this.#usual.map((usual) => ({ begin: day + usual.begin, end: day + usual.end }));
  }
}

/**
 * The times from one instant to another at which none of these windows is open, in their order. Looks
 * no further than is asked for.
 */
export function* freeTimes(
  windows: readonly WindowStretches[],
  from: number,
  to: number,
): Generator<Stretch, undefined> {
  let until = from;
  for (const { begin, end } of byBeginning(windows, from)) {
    if (until >= to || begin >= to) break;
    if (begin > until) yield { begin: until, end: begin };
    until = Math.max(until, end);
  }
  if (until < to) yield { begin: until, end: to };
  return undefined;
}

/** The stretches of all of them. */
function* byBeginning(
  windows: readonly WindowStretches[],
  from: number,
): Generator<Stretch, undefined> {
  const lines = windows.map((window) => window.from(from));
  const next = lines.map((line) => line.next().value);
  for (;;) {
    let first = 0;
    next.forEach((stretch, line) => {
      if (beginOf(stretch) < beginOf(next[first])) first = line;
    });
    const stretch = next[first];
    if (stretch === undefined) return undefined;
    yield stretch;
    next[first] = lines[first]?.next().value;
  }
}

function beginOf(stretch: Stretch | undefined): number {
  return stretch?.begin ?? Infinity;
}

/** The instants from one on and before another. */
function within(starts: CronStarts, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let start = starts.after(from - 1); start < to; start = starts.after(start)) {
    found.push(start);
  }
  return found;
}

/** What is open when each of these, in their order, opens for so long. */
function joined(starts: readonly number[], durationMs: number): readonly Stretch[] {
  const stretches: { begin: number; end: number }[] = [];
  for (const begin of starts) {
    const last = stretches.at(-1);
    if (last === undefined || last.end < begin) stretches.push({ begin, end: begin + durationMs });
    else last.end = begin + durationMs;
  }
  return stretches;
}
