/**
 * A binary heap: the first by `isBefore` comes out first, in O(log n).
 *
 * Who wants to take items out of the middle keeps their positions, as told by `placed`.
 */
export class Heap<T> {
  #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #placed: ((item: T, position: number) => void) | null;

  /** `placed`: an item stands at this position from now on; -1: it is out. */
  constructor(
    isBefore: (a: T, b: T) => boolean,
    placed: ((item: T, position: number) => void) | null = null,
  ) {
    this.#isBefore = isBefore;
    this.#placed = placed;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    // An array that grows takes room for many at once, and there are heaps of one item by thousands.
    if (this.#items.length === 0) this.#items = [item];
    else this.#items.push(item);
    this.#siftUp(item, this.#items.length - 1);
  }

  pop(): T | undefined {
    return this.removeAt(0);
  }

  /** Takes out what stands at this position; undefined when nothing does. */
  removeAt(position: number): T | undefined {
    const removed = this.#items[position];
    if (removed === undefined) return undefined;
    const last = this.#items.pop();
    if (last !== undefined && position < this.#items.length) this.#settle(last, position);
    this.#placed?.(removed, -1);
    return removed;
  }

  /** What stands at this position has changed, and with it its place in the order. */
  changedAt(position: number): void {
    const item = this.#items[position];
    if (item !== undefined) this.#settle(item, position);
  }

  /**
   * All in order, one by one: the first k cost O(k log k), however many there are. The heap must
   * stay as it is meanwhile.
   */
  *inOrder(): Generator<T, void> {
    const next = new Heap<number>((a, b) => this.#goesFirst(a, b));
    if (this.size > 0) next.push(0);
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      const item = this.#items[at];
      if (item === undefined) throw new Error("the heap was changed while it was walked");
      yield item;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.size) next.push(child);
    }
  }

  #settle(item: T, position: number): void {
    if (this.#siftUp(item, position) === position) this.#siftDown(item, position);
  }

  #siftUp(item: T, from: number): number {
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = this.#items[parent];
      if (above === undefined || !this.#isBefore(item, above)) break;
      this.#put(above, position);
      position = parent;
    }
    this.#put(item, position);
    return position;
  }

  #siftDown(item: T, from: number): void {
    let position = from;
    for (;;) {
      const left = 2 * position + 1;
      const child = this.#goesFirst(left + 1, left) ? left + 1 : left;
      const below = this.#items[child];
      if (below === undefined || !this.#isBefore(below, item)) break;
      this.#put(below, position);
      position = child;
    }
    this.#put(item, position);
  }

  #put(item: T, position: number): void {
    this.#items[position] = item;
    this.#placed?.(item, position);
  }

  #goesFirst(a: number, b: number): boolean {
    const [x, y] = [this.#items[a], this.#items[b]];
    return x !== undefined && y !== undefined && this.#isBefore(x, y);
  }
}
