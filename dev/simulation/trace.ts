/** What happened, in the order in which it did. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #names = new Map<string, string>();

  /** `at`: milliseconds of virtual time. */
  note(at: number, who: string, what: string): void {
    this.#lines.push(`${at.toFixed(1).padStart(9)}  ${who.padEnd(6)}  ${what}`);
  }

  /** A short name for a claim: its id is a random one, and long. */
  nameOf(claimId: string): string {
    const known = this.#names.get(claimId);
    if (known !== undefined) return known;
    const name = `c${this.#names.size + 1}`;
    this.#names.set(claimId, name);
    return name;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
