/** Who picks less recently goes first; the others hold back this long for each that is before them. */
const HOLD_BACK_MS = 100;

/**
 * The even pace of one operation, for the lanes that share it.
 *
 * A lane looks when the next call may be picked. Lanes whose timers fire at the same instant would
 * always find the same one first, so that whoever picked longest ago has a head start.
 */
export class OperationPace {
  readonly #spacingMs: number;
  readonly #pickedAt = new Map<object, number>();
  /** Those who have asked since the last pick. */
  readonly #askers = new Set<object>();
  #opensAt = 0;

  constructor(spacingMs: number) {
    this.#spacingMs = spacingMs;
  }

  /** Monotonic instant from which `asker` may pick; 0 at once. */
  opensAt(asker: object): number {
    this.#askers.add(asker);
    if (this.#opensAt === 0 || this.#askers.size === 1) return this.#opensAt;
    const mine = this.#lastPickOf(asker);
    const before = [...this.#askers].filter((one) => this.#lastPickOf(one) < mine).length;
    return this.#opensAt + before * HOLD_BACK_MS;
  }

  /** `asker` has picked a call. */
  picked(asker: object, now: number): void {
    this.#pickedAt.set(asker, now);
    this.#askers.clear();
    this.#opensAt = now + this.#spacingMs;
  }

  #lastPickOf(asker: object): number {
    return this.#pickedAt.get(asker) ?? -Infinity;
  }
}
