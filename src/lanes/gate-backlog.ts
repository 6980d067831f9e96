import type { Gate } from "../domain/provider.ts";

/** Fewer would let a slow lane's gate run dry while the next call connects. */
const FEWEST = 3;

/**
 * Counts a lane's calls that wait at the gate. Reads under a shared total hold calls up there, with
 * their claims and connections, and what waits there cannot be overtaken any more: when it is full,
 * no further call should be begun.
 *
 * Full is a second's worth: the places of a window may open all at once, and a call that is not
 * there by then loses its place to a read (a quarter of that left calls only three places in five).
 */
export class GateBacklog {
  readonly #most: number;
  readonly #onLess: () => void;
  #waiting = 0;

  constructor(perSecond: number, onLess: () => void) {
    this.#most = Math.max(FEWEST, perSecond);
    this.#onLess = onLess;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#most;
  }

  /** The same gate; who waits there is counted. */
  counted(gate: Gate): Gate {
    return {
      pass: async (signal) => {
        this.#waiting += 1;
        try {
          return await gate.pass(signal);
        } finally {
          this.#waiting -= 1;
          this.#onLess();
        }
      },
    };
  }
}
