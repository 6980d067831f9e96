/** Work that goes on, by name: each at most once at a time. */
export class UnfinishedWork {
  readonly #names = new Set<string>();
  #waiting: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Does it; the result is the work's own. To be asked for only when nothing of that name goes on. */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    this.#names.add(name);
    try {
      await work();
    } finally {
      this.#names.delete(name);
      for (const { isOver, resolve } of this.#waiting) if (isOver()) resolve();
      this.#waiting = this.#waiting.filter(({ isOver }) => !isOver());
    }
  }

  /** Resolves when nothing goes on whose name is meant. */
  async idle(isMeant: (name: string) => boolean = () => true): Promise<void> {
    const isOver = () => ![...this.#names].some(isMeant);
    if (isOver()) return;
    await new Promise<void>((resolve) => this.#waiting.push({ isOver, resolve }));
  }
}
