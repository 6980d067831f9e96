import { KEY_BYTES, KeyedRows } from "./keyed-rows.ts";

/** What is remembered of one finished request. */
export interface FinishedRequest {
  /** `keyOf` its provider and requestId: 16 characters of one byte each. */
  readonly key: string;
  /** `digestOf` it: 16 characters of one byte each, of which a segment keeps eight. */
  readonly digest: string;
  /** Where the record stood that was worked. */
  readonly partition: number;
  readonly offset: bigint;
}

/** The offsets of one partition of the requests topic that a segment's requests came from. */
export interface SourceSpan {
  readonly partition: number;
  readonly least: bigint;
  readonly most: bigint;
}

/** The facts about a segment beside its requests. */
export interface SegmentFacts {
  /** The journal partition, and the position behind the segment's last record. */
  readonly journalPartition: number;
  readonly end: bigint;
  /** The log time of its last record, milliseconds. */
  readonly lastTime: number;
  /** The largest dedupe window that a claim in it asked for, milliseconds. */
  readonly windowMs: number;
  readonly spans: readonly SourceSpan[];
}

/** How a request is known to a segment. */
export interface Known {
  readonly isSameContent: boolean;
  readonly isSameSource: boolean;
}

const DIGEST_BYTES = 8;
const SOURCE_BYTES = 4;
const ROW_BYTES = KEY_BYTES + DIGEST_BYTES + SOURCE_BYTES;
const MAGIC = 0x52525331; // "RRS1"

/**
 * The requests that finished within one closed stretch of a journal partition: 28 bytes each, sorted
 * by key, and never changed again.
 *
 * The bytes are a function of the journal alone, so two writers write the same ones.
 */
export class SealedSegment {
  readonly facts: SegmentFacts;
  readonly #rows: KeyedRows;

  private constructor(facts: SegmentFacts, rows: Buffer) {
    this.facts = facts;
    this.#rows = new KeyedRows(rows, ROW_BYTES);
  }

  static seal(facts: SegmentFacts, requests: readonly FinishedRequest[]): SealedSegment {
    const sorted = requests.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const rows = Buffer.alloc(sorted.length * ROW_BYTES);
    sorted.forEach((request, index) => {
      const at = index * ROW_BYTES;
      rows.write(request.key, at, KEY_BYTES, "latin1");
      rows.write(request.digest, at + KEY_BYTES, DIGEST_BYTES, "latin1");
      rows.writeUInt32LE(sourceHash(request), at + KEY_BYTES + DIGEST_BYTES);
    });
    return new SealedSegment(facts, rows);
  }

  /** Throws when these are not the bytes of a segment. */
  static fromBytes(bytes: Buffer): SealedSegment {
    if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) throw new Error("not a segment");
    const factsEnd = 8 + bytes.readUInt32LE(4);
    const facts = parseFacts(bytes.toString("utf8", 8, factsEnd));
    const rows = bytes.subarray(factsEnd);
    if (rows.length % ROW_BYTES !== 0) throw new Error("a segment is cut off");
    return new SealedSegment(facts, rows);
  }

  toBytes(): Buffer {
    const facts = Buffer.from(JSON.stringify(this.facts, spelled));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(MAGIC, 0);
    head.writeUInt32LE(facts.length, 4);
    return Buffer.concat([head, facts, this.#rows.bytes]);
  }

  /** How many requests it remembers. */
  get size(): number {
    return this.#rows.count;
  }

  /** Whether a request with this key is known here. */
  has(key: string): boolean {
    return this.#rows.find(key).length > 0;
  }

  /** How the request is known here; undefined: it is not. */
  find(request: FinishedRequest): Known | undefined {
    const [at] = this.#rows.find(request.key);
    if (at === undefined) return undefined;
    const { bytes } = this.#rows;
    const digest = bytes.toString("latin1", at + KEY_BYTES, at + KEY_BYTES + DIGEST_BYTES);
    const source = bytes.readUInt32LE(at + KEY_BYTES + DIGEST_BYTES);
    return {
      isSameContent: request.digest.slice(0, DIGEST_BYTES) === digest,
      isSameSource: source === sourceHash(request),
    };
  }
}

/** 32 bits that tell one source record from another. */
function sourceHash({ partition, offset }: Pick<FinishedRequest, "partition" | "offset">): number {
  const low = Number(offset & 0xffff_ffffn);
  const high = Number((offset >> 32n) & 0xffff_ffffn);
  let hash = Math.imul(low ^ 0x9e37_79b9, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0xc2b2_ae35);
  return Math.imul(hash ^ (hash >>> 13) ^ partition, 0x27d4_eb2f) >>> 0;
}

function spelled(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function parseFacts(text: string): SegmentFacts {
  // Written by `toBytes` above: the magic number says so.
  const facts = JSON.parse(text) as Omit<SegmentFacts, "end" | "spans"> & {
    readonly end: string;
    readonly spans: readonly { partition: number; least: string; most: string }[];
  };
  const spans = facts.spans.map(({ partition, least, most }) => ({
    partition,
    least: BigInt(least),
    most: BigInt(most),
  }));
  return { ...facts, end: BigInt(facts.end), spans };
}
