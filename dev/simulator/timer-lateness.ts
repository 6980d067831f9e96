import { performance } from "node:perf_hooks";

/** How often the simulator looks at its own clock. */
export const tickMs = 5;

/**
 * Watches how late the simulator's own event loop is.
 *
 * An arrival is booked at most one tick and the worst lateness after it came, so a window shortened
 * by both cannot accuse a caller of what was the simulator's own pause.
 */
export class TimerLateness {
  #worstMs = 0;
  #lastMs = performance.now();
  readonly #ticker: NodeJS.Timeout;

  constructor() {
    this.#ticker = setInterval(() => this.#look(), tickMs);
    this.#ticker.unref();
  }

  /** The worst since the start or the last reset, a pause just ending included. */
  worstMs(): number {
    this.#look();
    return this.#worstMs;
  }

  reset(): void {
    this.#worstMs = 0;
    this.#lastMs = performance.now();
  }

  stop(): void {
    clearInterval(this.#ticker);
  }

  #look(): void {
    const now = performance.now();
    this.#worstMs = Math.max(this.#worstMs, now - this.#lastMs - tickMs);
    this.#lastMs = now;
  }
}
