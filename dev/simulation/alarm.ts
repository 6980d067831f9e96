/** Hears of everything that must not be; the first of it ends a run. */
export class Alarm {
  #first: string | null = null;

  /** What was wrong first; null: nothing so far. */
  get first(): string | null {
    return this.#first;
  }

  raise(what: string): void {
    this.#first ??= what;
  }
}
