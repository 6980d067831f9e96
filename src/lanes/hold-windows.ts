import type { HoldWindowConfig } from "../config/config.ts";
import { CronStarts } from "./cron-starts.ts";
import { freeTimes, type Stretch, WindowStretches } from "./window-stretches.ts";

/** The windows that are open at an instant. */
export interface OpenWindow {
  /**
   * When none of them and none that follows on them is open any more, since the epoch; if that is
   * more than a year ahead, no earlier than in a year.
   */
  readonly until: number;
  /** Of those that are open, for people. */
  readonly reason: string;
}

interface Window extends HoldWindowConfig {
  readonly starts: CronStarts;
  readonly stretches: WindowStretches;
}

/** What was found out at one instant, and until when it is so. */
interface Look {
  readonly from: number;
  readonly until: number;
  readonly open: OpenWindow | null;
}

/** So far ahead is looked for an instant at which nothing is open. */
const LOOK_AHEAD_MS = 366 * 24 * 3_600_000;

/**
 * The times at which a lane is held by the clock. A window lasts its duration in passed time from
 * each instant that its cron expression names; the ends of overlapping ones do not cut each other
 * short.
 */
export class HoldWindows {
  readonly #windows: readonly Window[];
  #last: Look | null = null;
  /** In which something is open all the time, as far as it was looked for last. */
  #chain: Stretch | null = null;

  constructor(windows: readonly HoldWindowConfig[]) {
    this.#windows = windows.map((window) => {
      const starts = new CronStarts(window.cron, window.timezone);
      return { ...window, starts, stretches: new WindowStretches(window) };
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
    // The reasons of what is open now; what follows is told when it is there.
    const reason = [...new Set(now.map((window) => window.reason))].join("; ");
    return { ...look, open: { until: this.#chainAt(epoch).end, reason } };
  }

  /** Looked for once: windows each minute would else be followed to their end every minute. */
  #chainAt(epoch: number): Stretch {
    const known = this.#chain;
    if (known !== null && epoch >= known.begin && epoch < known.end) return known;
    const to = epoch + LOOK_AHEAD_MS;
    const windows = this.#windows.map(({ stretches }) => stretches);
    const [free] = freeTimes(windows, epoch, to);
    this.#chain = { begin: epoch, end: free?.begin ?? to };
    return this.#chain;
  }

  #openAt(epoch: number): readonly { readonly end: number; readonly reason: string }[] {
    return this.#windows.flatMap(({ starts, durationMs, reason }) => {
      const start = starts.after(epoch - durationMs);
      return start > epoch ? [] : [{ end: start + durationMs, reason }];
    });
  }
}
