import { anchorOf, isSameAnchor } from "../journal/anchor.ts";
import type { Watermark } from "../journal/watermark.ts";
import type { KafkaRecord } from "../kafka/record.ts";

/** What the first records of a partition told about its watermark. */
export type StartFinding =
  /** It holds: the records are to be worked, as far as they are not complete. */
  | { readonly kind: "holds"; readonly doubt: string | null }
  /** The partition is another one than the watermark is about. */
  | { readonly kind: "void"; readonly why: string }
  /** These records come from before the consumer was told where to begin. */
  | { readonly kind: "too-early" };

/**
 * Tells by the first records that come from a partition whether its watermark is about this very
 * topic: one that was deleted and made again begins anew at offset 0, and what was complete in the
 * old one is not in the new one.
 *
 * Reading begins at the watermark's anchor, a record that was seen before: the same one must come.
 */
export class PartitionStart {
  readonly watermark: Watermark;

  constructor(watermark: Watermark) {
    this.watermark = watermark;
  }

  /** The offset at which reading begins. */
  get offset(): bigint {
    const { anchor, low } = this.watermark;
    return anchor?.offset ?? low;
  }

  /** `endOffset` is where the partition ended when they were fetched; there is at least one record. */
  look(records: readonly KafkaRecord[], endOffset: bigint): StartFinding {
    const { anchor } = this.watermark;
    const first = records[0];
    if (first === undefined) return { kind: "too-early" };
    if (first.offset < this.offset) {
      // Asked for what it does not have, Kafka begins anew at the oldest record.
      if (endOffset > this.offset) return { kind: "too-early" };
      const why = `it ends at ${endOffset} and was complete up to ${this.watermark.low}`;
      return { kind: "void", why };
    }
    if (anchor === null) return { kind: "holds", doubt: null };
    if (first.offset > anchor.offset) {
      const doubt = `the record at ${anchor.offset}, by which the topic is recognised, is gone`;
      return { kind: "holds", doubt };
    }
    if (isSameAnchor(anchorOf(first), anchor)) return { kind: "holds", doubt: null };
    return { kind: "void", why: `the record at ${anchor.offset} is another one than before` };
  }
}
