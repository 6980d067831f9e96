/** The targets of claims that are asked for and not decided yet. */
export class ReservedTargets {
  readonly #counts = new Map<string, number>();

  has(provider: string, target: string): boolean {
    return this.#counts.has(keyOf(provider, target));
  }

  add(provider: string, targets: readonly string[]): void {
    for (const target of targets) this.#count(keyOf(provider, target), 1);
  }

  remove(provider: string, targets: readonly string[]): void {
    for (const target of targets) this.#count(keyOf(provider, target), -1);
  }

  #count(key: string, change: 1 | -1): void {
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

function keyOf(provider: string, target: string): string {
  return `${provider}\u0000${target}`;
}
