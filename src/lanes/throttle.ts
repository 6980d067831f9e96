import Bottleneck from "bottleneck";
import { GATE_WINDOW_MS } from "./send-gate.ts";

/**
 * Paces anonymous tickets: at most N in a second, evenly.
 *
 * Bottleneck spaces the starts; it does not promise a sliding second (21–25 starts were measured at
 * `minTime: 50`, and a stalled event loop bunches them), so the send gate has the last word. Its
 * spacing is the gate's window divided by N, or calls would queue up at the gate.
 */
export class Throttle {
  readonly #bottleneck: Bottleneck;

  constructor(options: { readonly perSecond: number }) {
    this.#bottleneck = new Bottleneck({
      minTime: GATE_WINDOW_MS / options.perSecond,
      maxConcurrent: null,
    });
  }

  /**
   * Resolves when the next ticket is due. Whoever holds it decides only then what to do with it:
   * Bottleneck can neither re-order nor expire what it queues, so it queues nothing but this.
   */
  async ticket(): Promise<void> {
    await this.#bottleneck.schedule(async () => Promise.resolve());
  }
}
