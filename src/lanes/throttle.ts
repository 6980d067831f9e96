import Bottleneck from "bottleneck";
import { GATE_WINDOW_MS } from "./send-window.ts";

/**
 * Paces anonymous tickets: at most N in a second, evenly.
 *
 * Bottleneck spaces the starts; it does not promise a sliding second (21–25 starts were measured at
 * `minTime: 50`, and a stalled event loop bunches them), so the send gate has the last word. Its
 * spacing is the gate's window divided by N, or calls would queue up at the gate.
 */
export class Throttle {
  readonly #minTimeMs: number;
  #bottleneck: Bottleneck;
  /** Wall clock: when a ticket was asked for last, or when Bottleneck was made. */
  #lastAskedAt = Date.now();

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
    // Bottleneck reckons by the wall clock: set back by an hour, it would stand still for an hour.
    if (now < this.#lastAskedAt) this.#bottleneck = this.#fresh();
    this.#lastAskedAt = now;
    await this.#bottleneck.schedule(async () => Promise.resolve());
  }

  #fresh(): Bottleneck {
    return new Bottleneck({ minTime: this.#minTimeMs, maxConcurrent: null });
  }
}
