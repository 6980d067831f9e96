import Bottleneck from "bottleneck";
import { GATE_WINDOW_MS } from "./send-window.ts";

/** A ticket that is later than this is not late: Bottleneck has lost its count. */
const LATE_MS = 100;

/**
 * Paces anonymous tickets: at most N in a second, evenly.
 *
 * Bottleneck spaces the starts; it does not promise a sliding second (21–25 starts were measured at
 * `minTime: 50`, and a stalled event loop bunches them), so the send gate has the last word. Its
 * spacing is the gate's window divided by N, or calls would queue up at the gate.
 *
 * Bottleneck reckons by the wall clock: set back by an hour, it would stand still for an hour. No
 * ticket waits longer than the tickets before it take by the monotonic clock, whatever it reckons.
 */
export class Throttle {
  #minTimeMs: number;
  #bottleneck: Bottleneck;
  /** Wall clock: when a ticket was asked for last, or when Bottleneck was made. */
  #lastAskedAt = Date.now();
  #waiting = 0;

  constructor(options: { readonly perSecond: number }) {
    this.#minTimeMs = GATE_WINDOW_MS / options.perSecond;
    this.#bottleneck = this.#fresh();
  }

  /**
   * Resolves when the next ticket is due. Whoever holds it decides only then what to do with it:
   * Bottleneck can neither re-order nor expire what it queues, so it queues nothing but this.
   */
  async ticket(): Promise<void> {
    const now = Date.now();
    if (now < this.#lastAskedAt) this.#bottleneck = this.#fresh();
    this.#lastAskedAt = now;
    this.#waiting += 1;
    const asked = this.#bottleneck;
    const lastTurnMs = this.#waiting * this.#minTimeMs + LATE_MS;
    await new Promise<void>((resolve, reject) => {
      // The clock may be set in the very turns in which Bottleneck looks at it.
      const overdue = setTimeout(() => {
        if (this.#bottleneck === asked) this.#bottleneck = this.#fresh();
        resolve();
      }, lastTurnMs);
      asked
        .schedule(async () => Promise.resolve())
        .then(resolve, reject)
        .finally(() => clearTimeout(overdue));
    }).finally(() => (this.#waiting -= 1));
  }

  /** From the next ticket on there are so many in a second. */
  pace(perSecond: number): void {
    const minTimeMs = GATE_WINDOW_MS / perSecond;
    if (minTimeMs === this.#minTimeMs) return;
    this.#minTimeMs = minTimeMs;
    this.#bottleneck.updateSettings({ minTime: minTimeMs });
  }

  #fresh(): Bottleneck {
    return new Bottleneck({ minTime: this.#minTimeMs, maxConcurrent: null });
  }
}
