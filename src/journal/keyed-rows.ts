/** The keys of rows are 16 bytes of a hash. */
export const KEY_BYTES = 16;

const ROWS_IN_A_BUCKET = 4;
const NONE: readonly number[] = [];

/**
 * Rows of equal length in one buffer, each beginning with a key, sorted by their keys: found in a
 * few steps, and never changed.
 */
export class KeyedRows {
  readonly bytes: Buffer;
  readonly #rowBytes: number;
  /** Where the rows begin whose keys begin with each number of `#shift` fewer bits than 32. */
  readonly #buckets: Uint32Array;
  readonly #shift: number;

  constructor(bytes: Buffer, rowBytes: number) {
    this.bytes = bytes;
    this.#rowBytes = rowBytes;
    // Keys are hashes, so every bucket has about as many rows: a few.
    const bits = Math.max(1, Math.ceil(Math.log2(1 + this.count / ROWS_IN_A_BUCKET)));
    this.#shift = 32 - bits;
    this.#buckets = new Uint32Array(2 ** bits + 1).fill(this.count);
    for (let row = this.count - 1; row >= 0; row -= 1)
      this.#buckets[this.#bucketOf(bytes, row)] = row;
    for (let bucket = 2 ** bits - 1; bucket >= 0; bucket -= 1) {
      const next = this.#buckets[bucket + 1] ?? this.count;
      this.#buckets[bucket] = Math.min(this.#buckets[bucket] ?? next, next);
    }
  }

  get count(): number {
    return this.bytes.length / this.#rowBytes;
  }

  /** Where in the bytes the rows with the key begin, in order. */
  find(key: string): readonly number[] {
    return this.findBytes(Buffer.from(key, "latin1"));
  }

  /** The same for the key's bytes: whoever looks into many of these makes them once. */
  findBytes(wanted: Buffer): readonly number[] {
    const first = wanted.readUInt32BE(0);
    const bucket = first >>> this.#shift;
    const end = this.#buckets[bucket + 1] ?? this.count;
    let found: number[] | null = null;
    for (let row = this.#buckets[bucket] ?? end; row < end; row += 1) {
      const at = row * this.#rowBytes;
      // Comparing whole keys costs ten times as much, and nearly all of them differ here.
      if (this.bytes.readUInt32BE(at) !== first) continue;
      if (this.bytes.compare(wanted, 0, KEY_BYTES, at, at + KEY_BYTES) === 0) {
        found = [...(found ?? []), at];
      }
    }
    return found ?? NONE;
  }

  #bucketOf(rows: Buffer, row: number): number {
    return rows.readUInt32BE(row * this.#rowBytes) >>> this.#shift;
  }
}
