import type { HoldWindowConfig } from "../config/config.ts";
import { CronStarts } from "./cron-starts.ts";

/** The windows that are open at an instant. */
export interface OpenWindow {
  /** When none of them and none that follows on them is open any more; since the epoch. */
  readonly until: number;
  /** Of those that are open, for people. */
  readonly reason: string;
}

interface Window extends HoldWindowConfig {
  readonly starts: CronStarts;
}

/** What was found out at one instant, and until when it is so. */
interface Look {
  readonly from: number;
  readonly until: number;
  readonly open: OpenWindow | null;
}

/** Windows that follow on each other are joined up to so many; then the last one's end is told. */
const LONGEST_CHAIN = 100;

/**
 * The times at which a lane is held by the clock. A window lasts its duration in passed time from
 * each instant that its cron expression names; the ends of overlapping ones do not cut each other
 * short.
 */
export class HoldWindows {
  readonly #windows: readonly Window[];
  #last: Look | null = null;

  constructor(windows: readonly HoldWindowConfig[]) {
    this.#windows = windows.map((window) => {
      return { ...window, starts: new CronStarts(window.cron, window.timezone) };
    });
  }

  /** What is open at this instant, milliseconds since the epoch; null: nothing. Cheap to ask. */
  at(epoch: number): OpenWindow | null {
    if (this.#windows.length === 0) return null;
    // Also anew when the clock was set back.
    if (this.#last === null || epoch < this.#last.from || epoch >= this.#last.until) {
      this.#last = this.#look(epoch);
    }
    return this.#last.open;
  }

  #look(epoch: number): Look {
    const now = this.#openAt(epoch);
    const changes = [
      ...now.map(({ end }) => end),
      ...this.#windows.map(({ starts }) => starts.after(epoch)),
    ];
    const look = { from: epoch, until: Math.min(...changes) };
    if (now.length === 0) return { ...look, open: null };
    let until = epoch;
    for (let links = 0; links < LONGEST_CHAIN; links++) {
      const open = this.#openAt(until);
      if (open.length === 0) break;
      until = Math.max(...open.map(({ end }) => end));
    }
    // The reasons of what is open now; what follows is told when it is there.
    const reason = [...new Set(now.map((window) => window.reason))].join("; ");
    return { ...look, open: { until, reason } };
  }

  #openAt(epoch: number): readonly { readonly end: number; readonly reason: string }[] {
    return this.#windows.flatMap(({ starts, durationMs, reason }) => {
      const start = starts.after(epoch - durationMs);
      return start > epoch ? [] : [{ end: start + durationMs, reason }];
    });
  }
}
