const KEPT = 64;

/** What the last 64 times needed, in milliseconds. */
export class LastNeeds {
  #needs: number[] = [];

  note(ms: number): void {
    this.#needs.push(ms);
    if (this.#needs.length > KEPT) this.#needs.shift();
  }

  /** From the least to the most. */
  get sorted(): readonly number[] {
    return this.#needs.toSorted((a, b) => a - b);
  }
}
