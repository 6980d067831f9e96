/** Who waits for a target to be free. Each waits for one target, and is here once. */
export class Parking<T> {
  readonly #byTarget = new Map<string, Set<T>>();
  readonly #targetOf = new Map<T, string>();

  get size(): number {
    return this.#targetOf.size;
  }

  add(one: T, target: string): void {
    this.#targetOf.set(one, target);
    const parked = this.#byTarget.get(target) ?? new Set();
    this.#byTarget.set(target, parked.add(one));
  }

  remove(one: T): void {
    const target = this.#targetOf.get(one);
    if (target === undefined) return;
    this.#targetOf.delete(one);
    const parked = this.#byTarget.get(target);
    parked?.delete(one);
    if (parked?.size === 0) this.#byTarget.delete(target);
  }

  /** Those that wait for a target. */
  waitingFor(target: string): readonly T[] {
    return [...(this.#byTarget.get(target) ?? [])];
  }
}
