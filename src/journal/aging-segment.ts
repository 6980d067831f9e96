import { KEY_BYTES, KeyedRows } from "./keyed-rows.ts";

/** Something that is remembered under a key for a while. */
export interface AgingRow {
  /** 16 characters of one byte each. */
  readonly key: string;
  /** Log time, whole milliseconds. */
  readonly at: number;
  /** A small whole number, from -128 to 127. */
  readonly value: number;
}

/** The facts about a segment beside its rows. */
export interface AgingFacts {
  /** What its rows are about. */
  readonly of: string;
  readonly journalPartition: number;
  /** The position behind the last record of its stretch. */
  readonly end: bigint;
  /** Its number among those of one stretch. */
  readonly part: number;
  /** The log time of that record, milliseconds. */
  readonly lastTime: number;
  /** The largest window that a record of the stretch named, milliseconds. */
  readonly windowMs: number;
}

const TIME_BYTES = 6;
const ROW_BYTES = KEY_BYTES + TIME_BYTES + 1;
const MAGIC = 0x52524131; // "RRA1"

/**
 * What is remembered of one closed stretch of a journal partition: 23 bytes a row, sorted by key, and
 * never changed again.
 *
 * The bytes are a function of the journal alone, so two writers write the same ones.
 */
export class AgingSegment {
  readonly facts: AgingFacts;
  readonly #rows: KeyedRows;

  private constructor(facts: AgingFacts, rows: Buffer) {
    this.facts = facts;
    this.#rows = new KeyedRows(rows, ROW_BYTES);
  }

  /** `sorted`: by `compareRows`. */
  static seal(facts: AgingFacts, sorted: readonly AgingRow[]): AgingSegment {
    const rows = Buffer.alloc(sorted.length * ROW_BYTES);
    sorted.forEach(({ key, at, value }, index) => {
      const from = index * ROW_BYTES;
      rows.write(key, from, KEY_BYTES, "latin1");
      rows.writeUIntBE(at, from + KEY_BYTES, TIME_BYTES);
      rows.writeInt8(value, from + KEY_BYTES + TIME_BYTES);
    });
    return new AgingSegment(facts, rows);
  }

  /** Throws when these are not the bytes of such a segment. */
  static fromBytes(bytes: Buffer): AgingSegment {
    if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) throw new Error("not such a segment");
    const factsEnd = 8 + bytes.readUInt32LE(4);
    // Written by `toBytes` below: the magic number says so.
    const facts = JSON.parse(bytes.toString("utf8", 8, factsEnd)) as Omit<AgingFacts, "end"> & {
      readonly end: string;
    };
    const rows = bytes.subarray(factsEnd);
    if (rows.length % ROW_BYTES !== 0) throw new Error("a segment is cut off");
    return new AgingSegment({ ...facts, end: BigInt(facts.end) }, rows);
  }

  toBytes(): Buffer {
    const facts = Buffer.from(JSON.stringify({ ...this.facts, end: String(this.facts.end) }));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(MAGIC, 0);
    head.writeUInt32LE(facts.length, 4);
    return Buffer.concat([head, facts, this.#rows.bytes]);
  }

  /** How it is called in a summary: no two of a partition are called the same. */
  get name(): string {
    const { of, end, part } = this.facts;
    return `${of}/${end}/${part}`;
  }

  /** How many rows it has. */
  get size(): number {
    return this.#rows.count;
  }

  /** Adds the rows with the key, of which these are the bytes, oldest first. */
  collect(key: string, keyBytes: Buffer, into: AgingRow[]): void {
    const { bytes } = this.#rows;
    for (const from of this.#rows.findBytes(keyBytes)) {
      const at = bytes.readUIntBE(from + KEY_BYTES, TIME_BYTES);
      into.push({ key, at, value: bytes.readInt8(from + KEY_BYTES + TIME_BYTES) });
    }
  }
}

/** By key, then by time, then by value: one order for one set of rows. */
export function compareRows(a: AgingRow, b: AgingRow): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.at - b.at || a.value - b.value;
}
