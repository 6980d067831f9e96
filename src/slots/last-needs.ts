/** What the last times needed, in milliseconds. */
export class LastNeeds {
  readonly #kept: number;
  #needs: number[] = [];
  /** Null: to be sorted again. */
  #sorted: readonly number[] | null = null;

  /** `kept`: how many times are remembered. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  note(ms: number): void {
    this.#sorted = null;
    this.#needs.push(ms);
    if (this.#needs.length > this.#kept) this.#needs.shift();
  }

  /** From the least to the most. */
  get sorted(): readonly number[] {
    this.#sorted ??= this.#needs.toSorted((a, b) => a - b);
    return this.#sorted;
  }
}
