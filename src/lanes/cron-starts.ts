import { Cron } from "croner";

/**
 * The instants that a cron expression of five parts names in a time zone.
 *
 * When clocks go forward, what would begin in the hour that does not exist begins when it would end;
 * when they go back, a fixed time begins once, at its first occurrence, and `*` and steps go on
 * through both.
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
