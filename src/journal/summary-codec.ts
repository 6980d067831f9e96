import { z } from "zod";
import type { Anchor } from "./anchor.ts";
import type { SavedStates } from "./change.ts";
import { PROTOCOL_VERSION } from "./journal-record.ts";

/**
 * The newest summary of one journal partition: with the named segments and the state at the border
 * nothing below the border needs to be read.
 */
export interface Manifest {
  /** Of the rules by which the state was made. */
  readonly version: number;
  /** How many partitions the journal has. */
  readonly partitions: number;
  /** The position from which the journal is to be read. */
  readonly border: bigint;
  /** The record right before it; null: none is known. */
  readonly anchor: Anchor | null;
  /** In how many parts the state is written; 0: nothing is known at the border. */
  readonly stateParts: number;
  /** The ends of the segments that it consists of, oldest first. */
  readonly segments: readonly bigint[];
  /** The names of those that the guards' state consists of; absent: none. */
  readonly guardSegments?: readonly string[] | undefined;
  /** Names that older manifests may still refer to, and since when none of this kind does. */
  readonly retired: readonly { readonly key: string; readonly since: number }[];
}

const PREFIX = "summary";

export function manifestKey(partition: number): string {
  return `${PREFIX}/${partition}/manifest`;
}

export function segmentKey(partition: number, end: bigint): string {
  return `${PREFIX}/${partition}/segment/${end}`;
}

/** `name`: as the segment is called among its partition's. */
export function guardSegmentKey(partition: number, name: string): string {
  return `${PREFIX}/${partition}/guards/${name}`;
}

export function stateKey(partition: number, border: bigint, part: number): string {
  return `${PREFIX}/${partition}/state/${border}/${part}`;
}

/** All names that a manifest refers to. */
export function keysOf(partition: number, manifest: Manifest): readonly string[] {
  const parts = Array.from({ length: manifest.stateParts }, (_, part) =>
    stateKey(partition, manifest.border, part),
  );
  const guards = manifest.guardSegments ?? [];
  return [
    ...parts,
    ...manifest.segments.map((end) => segmentKey(partition, end)),
    ...guards.map((name) => guardSegmentKey(partition, name)),
  ];
}

export function encodeManifest(manifest: Manifest): Buffer {
  // The codec's arrays are writable, ours are not; encoding writes to none.
  const value = manifestCodec.encode(manifest as z.output<typeof manifestCodec>);
  return Buffer.from(JSON.stringify(value));
}

/** Throws when the bytes are no manifest. */
export function decodeManifest(bytes: Buffer): Manifest {
  const value = JSON.parse(bytes.toString("utf8")) as z.input<typeof manifestCodec>;
  return manifestCodec.decode(value);
}

/** Well below what a topic takes in one record by default. */
const PART_BYTES = 512 * 1024;
/** Begins a text that stands for a bigint, which JSON has not, and one that begins so by itself. */
const MARK = "$";

/** The state in parts that each fit into a record. A function of the state alone. */
export function encodeState(saved: SavedStates): readonly Buffer[] {
  const text = JSON.stringify({ version: PROTOCOL_VERSION, saved }, (_key, value: unknown) =>
    typeof value === "bigint" || isMarked(value) ? `${MARK}${value}` : value,
  );
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    parts.push(bytes.subarray(from, from + PART_BYTES));
  }
  return parts;
}

/** Throws when the parts are no state of this protocol version. */
export function decodeState(parts: readonly Buffer[]): SavedStates {
  const text = Buffer.concat(parts).toString("utf8");
  const value = JSON.parse(text, (_key, one: unknown) => {
    if (!isMarked(one)) return one;
    const marked = one.slice(MARK.length);
    return isMarked(marked) ? marked : BigInt(marked);
  }) as { readonly version?: number; readonly saved?: SavedStates }; // written by `encodeState`
  if (value.version !== PROTOCOL_VERSION || value.saved === undefined) {
    throw new Error(`a journal state of version ${value.version ?? "?"} was found`);
  }
  return value.saved;
}

function isMarked(value: unknown): value is string {
  return typeof value === "string" && value.startsWith(MARK);
}

const offset = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (value) => String(value),
});

const manifestCodec = z.object({
  version: z.int(),
  partitions: z.int(),
  border: offset,
  anchor: z.object({ offset, timestamp: z.string(), hash: z.string() }).nullable(),
  stateParts: z.int(),
  segments: z.array(offset),
  guardSegments: z.array(z.string()).optional(),
  retired: z.array(z.object({ key: z.string(), since: z.number() })),
});
