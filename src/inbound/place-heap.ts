/** The place of a record in the requests topic. */
export interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

const FIRST_ROOM = 1024;

/** Places by an instant, the earliest first, in 20 bytes each. */
export class PlaceHeap {
  #times = new Float64Array(0);
  #offsets = new Float64Array(0);
  #partitions = new Int32Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(at: number, { partition, offset }: Place): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#put(this.#size, at, Number(offset), partition);
    this.#size += 1;
    for (let child = this.#size - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (this.#timeAt(parent) <= this.#timeAt(child)) break;
      this.#swap(parent, child);
      child = parent;
    }
  }

  /** The earliest; null: there is none. */
  peek(): { readonly at: number; readonly place: Place } | null {
    if (this.#size === 0) return null;
    const offset = BigInt(this.#offsets[0] ?? 0);
    return { at: this.#timeAt(0), place: { partition: this.#partitions[0] ?? 0, offset } };
  }

  /** Takes the earliest out. */
  pop(): void {
    if (this.#size === 0) return;
    this.#size -= 1;
    this.#swap(0, this.#size);
    for (let parent = 0; ;) {
      let child = 2 * parent + 1;
      if (child >= this.#size) return;
      if (child + 1 < this.#size && this.#timeAt(child + 1) < this.#timeAt(child)) child += 1;
      if (this.#timeAt(parent) <= this.#timeAt(child)) return;
      this.#swap(parent, child);
      parent = child;
    }
  }

  clear(): void {
    this.#times = new Float64Array(0);
    this.#offsets = new Float64Array(0);
    this.#partitions = new Int32Array(0);
    this.#size = 0;
  }

  #timeAt(index: number): number {
    return this.#times[index] ?? Infinity;
  }

  #put(index: number, at: number, offset: number, partition: number): void {
    this.#times[index] = at;
    this.#offsets[index] = offset;
    this.#partitions[index] = partition;
  }

  #swap(a: number, b: number): void {
    const held = [this.#timeAt(a), this.#offsets[a] ?? 0, this.#partitions[a] ?? 0] as const;
    this.#put(a, this.#timeAt(b), this.#offsets[b] ?? 0, this.#partitions[b] ?? 0);
    this.#put(b, ...held);
  }

  #grow(): void {
    const room = Math.max(FIRST_ROOM, 2 * this.#times.length);
    const [times, offsets] = [new Float64Array(room), new Float64Array(room)];
    const partitions = new Int32Array(room);
    times.set(this.#times);
    offsets.set(this.#offsets);
    partitions.set(this.#partitions);
    [this.#times, this.#offsets, this.#partitions] = [times, offsets, partitions];
  }
}
