import { type Anchor, anchorOf } from "../journal/anchor.ts";
import type { KafkaRecord } from "../kafka/record.ts";

/** So many are kept of one partition. */
const MOST = 64;

/**
 * Remembers a few delivered records of one partition, so that the checkpoint can name one that lies
 * below its watermark.
 */
export class Anchors {
  /** In the order of their offsets. */
  #known: Anchor[] = [];

  /** Records were delivered, in their order. The first and the last are remembered. */
  note(records: readonly KafkaRecord[]): void {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    // A group that was set back delivers again what lies above.
    this.#known = this.#known.filter(({ offset }) => offset < first.offset);
    this.#known.push(anchorOf(first));
    if (last !== first) this.#known.push(anchorOf(last));
    if (this.#known.length <= MOST) return;
    // Every second one goes, the last one stays.
    const isLastOdd = this.#known.length % 2 === 0;
    this.#known = this.#known.filter((_, index) => (index % 2 === 1) === isLastOdd);
  }

  /** The last known one below the offset; null: none is. */
  below(offset: bigint): Anchor | null {
    return this.#known.findLast((one) => one.offset < offset) ?? null;
  }
}
