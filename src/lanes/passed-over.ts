/**
 * Those that stay while others go: whoever shares a target with one of them stays behind it, for no
 * request overtakes another one of its target.
 */
export class PassedOver {
  readonly #targets = new Set<string>();
  #count = 0;

  /** How many stay. */
  get count(): number {
    return this.#count;
  }

  add(targets: Iterable<string>): void {
    this.#count += 1;
    for (const target of targets) this.#targets.add(target);
  }

  isBehind(targets: Iterable<string>): boolean {
    if (this.#targets.size === 0) return false;
    for (const target of targets) if (this.#targets.has(target)) return true;
    return false;
  }
}
