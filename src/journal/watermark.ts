import { z } from "zod";
import type { Anchor } from "./anchor.ts";

/** What the checkpoint holds about one partition of the requests topic. */
export interface Watermark {
  /** Of which beginning of the partition it tells, as in a CHECKPOINTED record. */
  readonly era: number;
  /** Everything below is complete. */
  readonly low: bigint;
  /** Complete stretches above it, without their `to`, in order. */
  readonly ranges: readonly { readonly from: bigint; readonly to: bigint }[];
  /** A complete record below `low`; null when none is known. */
  readonly anchor: Anchor | null;
}

/** The name in the checkpoint store. */
export function watermarkKey(partition: number): string {
  return `watermark/${partition}`;
}

/** The partition that a name in the checkpoint store is about; null: it is no watermark's. */
export function watermarkPartition(key: string): number | null {
  const found = /^watermark\/(\d+)$/.exec(key);
  return found === null ? null : Number(found[1]);
}

export function encodeWatermark(watermark: Watermark): Buffer {
  // The codec's arrays are writable, ours are not; encoding writes to none.
  return Buffer.from(JSON.stringify(codec.encode(watermark as z.output<typeof codec>)));
}

/** Null when the bytes are no watermark: then nothing is known, and ids alone protect. */
export function decodeWatermark(bytes: Buffer): Watermark | null {
  try {
    const parsed = codec.safeDecode(JSON.parse(bytes.toString("utf8")) as z.input<typeof codec>);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Whether the record there needs no further attention. */
export function isCompleteIn({ low, ranges }: Watermark, offset: bigint): boolean {
  return offset < low || ranges.some(({ from, to }) => offset >= from && offset < to);
}

const offset = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (value) => String(value),
});

const codec = z.object({
  era: z.int().nonnegative(),
  low: offset,
  ranges: z.array(z.object({ from: offset, to: offset })),
  anchor: z.object({ offset, timestamp: z.string(), hash: z.string() }).nullable(),
});
