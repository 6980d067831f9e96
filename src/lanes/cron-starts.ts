import { Cron } from "croner";

/**
 * The instants that a cron expression of five parts names in a time zone.
 *
 * One fixed hour and minute begin once on each of their days: in the time that clocks skip, when it
 * would end, if that is on the same day; in the time that comes twice, at the first occurrence. With
 * `*`, lists, steps and ranges in the hour or the minute the clock is followed: what it skips does
 * not begin, and what it repeats begins again. (A list or a range that fills some hours would
 * otherwise leave one of the two hours free.)
 */
export class CronStarts {
  readonly #cron: Cron;

  /** Throws when the expression cannot be read or nobody knows the zone. */
  constructor(expression: string, timezone: string) {
    this.#cron = new Cron(expression, { timezone, mode: "5-part", paused: true });
    // The zone is looked up only when it is needed.
    this.after(0);
  }

  /** The first instant after this one, milliseconds since the epoch; `Infinity`: it never comes. */
  after(epoch: number): number {
    return this.#cron.nextRun(new Date(epoch))?.getTime() ?? Infinity;
  }
}
