/** How often each target is in somebody's hands. */
export class TargetCount {
  readonly #counts = new Map<string, number>();

  has(target: string): boolean {
    return this.#counts.has(target);
  }

  /** Runs `work` with the targets counted once more, until it has ended. */
  async during<T>(targets: readonly string[], work: () => Promise<T>): Promise<T> {
    for (const target of targets) this.#change(target, 1);
    try {
      return await work();
    } finally {
      for (const target of targets) this.#change(target, -1);
    }
  }

  #change(target: string, by: 1 | -1): void {
    const count = (this.#counts.get(target) ?? 0) + by;
    if (count > 0) this.#counts.set(target, count);
    else this.#counts.delete(target);
  }
}
