import type { Source } from "../domain/rerun-request.ts";

/** What is known of a request that does nothing but wait in its lane. */
export interface Resting {
  readonly digest: string;
  readonly first: Source;
}

/** Keys and digests are 16 bytes of a hash, one character each (`journal/digest.ts`). */
const HASH_BYTES = 16;
/** In a row: key, digest, offset (8), partition (4), index of the topic plus one (4; 0: it is empty). */
const DIGEST_AT = HASH_BYTES;
const OFFSET_AT = 2 * HASH_BYTES;
const PARTITION_AT = OFFSET_AT + 8;
const TOPIC_AT = PARTITION_AT + 4;
const ROW_BYTES = TOPIC_AT + 4;

const LEAST_ROWS = 64;
/** Fuller than this it grows, emptier it shrinks; by so much. */
const MOST_FILLED = 0.8;
const LEAST_FILLED = 0.3;
const GROWTH = 1.25;

/**
 * Requests by their keys in 60 to 90 bytes each, outside of the heap that is searched for garbage:
 * hundreds of thousands may rest here.
 *
 * A hash table in one buffer: a key stands at the place that its first bytes name, or as soon behind
 * it as there was room (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithms L and R).
 */
export class RestingRequests {
  #rows = Buffer.alloc(LEAST_ROWS * ROW_BYTES);
  #size = 0;
  readonly #topics: string[] = [];

  /** How many rest here. */
  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#find(bytesOf(key)) !== null;
  }

  /** Lets one rest here that does not yet. */
  add(key: string, { digest, first }: Resting): void {
    if (this.#size >= this.#capacity * MOST_FILLED) this.#resize(this.#capacity * GROWTH);
    const row = Buffer.alloc(ROW_BYTES);
    row.write(key, 0, HASH_BYTES, "latin1");
    row.write(digest, DIGEST_AT, HASH_BYTES, "latin1");
    row.writeBigInt64LE(first.offset, OFFSET_AT);
    row.writeInt32LE(first.partition, PARTITION_AT);
    row.writeUInt32LE(1 + this.#topicIndex(first.topic), TOPIC_AT);
    this.#put(row);
    this.#size += 1;
  }

  /** Takes one out; undefined: it does not rest here. */
  take(key: string): Resting | undefined {
    const at = this.#size === 0 ? null : this.#find(bytesOf(key));
    if (at === null) return undefined;
    const digest = this.#rows.toString("latin1", at + DIGEST_AT, at + DIGEST_AT + HASH_BYTES);
    const taken = { digest, first: this.#sourceAt(at) };
    this.#closeGap(at / ROW_BYTES);
    this.#size -= 1;
    const isEmpty = this.#size < this.#capacity * LEAST_FILLED;
    if (isEmpty && this.#capacity > LEAST_ROWS) this.#resize(this.#capacity / GROWTH);
    return taken;
  }

  /** The records of all, in no order. None may be added or taken meanwhile. */
  *sources(): Generator<Source> {
    for (let at = 0; at < this.#rows.length; at += ROW_BYTES) {
      if (!this.#isFree(at)) yield this.#sourceAt(at);
    }
  }

  get #capacity(): number {
    return this.#rows.length / ROW_BYTES;
  }

  #find(key: Buffer): number | null {
    const first = key.readUInt32BE(0);
    for (let index = this.#homeOf(first); ; index = this.#after(index)) {
      const at = index * ROW_BYTES;
      if (this.#isFree(at)) return null;
      // Comparing whole keys costs ten times as much, and nearly all of them differ here.
      if (this.#rows.readUInt32BE(at) !== first) continue;
      if (this.#rows.compare(key, 0, HASH_BYTES, at, at + HASH_BYTES) === 0) return at;
    }
  }

  #put(row: Buffer): void {
    let index = this.#homeOf(row.readUInt32BE(0));
    while (!this.#isFree(index * ROW_BYTES)) index = this.#after(index);
    row.copy(this.#rows, index * ROW_BYTES);
  }

  /** Empties a row, and moves up those behind it that stand there only for want of room. */
  #closeGap(emptied: number): void {
    let gap = emptied;
    this.#free(gap);
    for (let index = this.#after(gap); ; index = this.#after(index)) {
      const at = index * ROW_BYTES;
      if (this.#isFree(at)) return;
      const home = this.#homeOf(this.#rows.readUInt32BE(at));
      if (this.#distance(home, index) < this.#distance(gap, index)) continue;
      this.#rows.copyWithin(gap * ROW_BYTES, at, at + ROW_BYTES);
      this.#free(index);
      gap = index;
    }
  }

  #resize(capacity: number): void {
    const old = this.#rows;
    this.#rows = Buffer.alloc(Math.max(LEAST_ROWS, Math.ceil(capacity)) * ROW_BYTES);
    for (let at = 0; at < old.length; at += ROW_BYTES) {
      const row = old.subarray(at, at + ROW_BYTES);
      if (row.readUInt32LE(TOPIC_AT) !== 0) this.#put(row);
    }
  }

  #isFree(at: number): boolean {
    return this.#rows.readUInt32LE(at + TOPIC_AT) === 0;
  }

  #free(index: number): void {
    this.#rows.writeUInt32LE(0, index * ROW_BYTES + TOPIC_AT);
  }

  /** Keys are hashes: their first 32 bits lie evenly. */
  #homeOf(first: number): number {
    return Math.floor((first / 2 ** 32) * this.#capacity);
  }

  #after(index: number): number {
    return index + 1 === this.#capacity ? 0 : index + 1;
  }

  /** How far behind one place another one lies, over the end. */
  #distance(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#capacity;
  }

  #sourceAt(at: number): Source {
    const topic = this.#topics[this.#rows.readUInt32LE(at + TOPIC_AT) - 1];
    if (topic === undefined) throw new Error("no record rests there");
    const partition = this.#rows.readInt32LE(at + PARTITION_AT);
    return { topic, partition, offset: this.#rows.readBigInt64LE(at + OFFSET_AT) };
  }

  /** There is one requests topic; another name would be one of an older configuration. */
  #topicIndex(topic: string): number {
    const known = this.#topics.indexOf(topic);
    return known === -1 ? this.#topics.push(topic) - 1 : known;
  }
}

function bytesOf(key: string): Buffer {
  return Buffer.from(key, "latin1");
}
