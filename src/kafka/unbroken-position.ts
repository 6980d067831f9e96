import type { Fetched, FetchedMessage } from "./partition-reader.ts";
import type { Gap, Step, TailPosition } from "./tail-position.ts";
import type { OffsetRange } from "./topic-reader.ts";

/** A record that was read, with bytes of its own. */
interface Seen {
  readonly offset: bigint;
  readonly timestamp: string;
  readonly value: Buffer | null;
}

/**
 * A position in a log of which no record may be missed: offsets have to follow each other.
 *
 * When reading begins again, the last record is read once more and compared: a log that was cut off
 * or created anew meanwhile may have grown past the position, where nothing else would show it.
 */
export class UnbrokenPosition implements TailPosition {
  #next: bigint;
  #end: bigint;
  #last: Seen | null = null;
  /** What the first record must be before anything else is taken. */
  #proof: Seen | null = null;

  /** `next`: the offset of the first record that is wanted. */
  constructor(next: bigint) {
    this.#next = next;
    this.#end = next;
  }

  get fetchFrom(): bigint {
    return this.#proof?.offset ?? this.#next;
  }

  get lag(): bigint {
    return this.#end - this.#next;
  }

  get isCaughtUp(): boolean {
    return this.#proof === null && this.#next >= this.#end;
  }

  restart({ low, high }: OffsetRange): Gap | null {
    if (this.#next < low) return this.#gap(low);
    if (this.#next > high) return this.#gap(high);
    this.#end = high;
    // Retention may have taken the last record, and only what comes next must be there.
    this.#proof = this.#last !== null && this.#last.offset >= low ? this.#last : null;
    return null;
  }

  take({ highWatermark, messages }: Pick<Fetched, "highWatermark" | "messages">): Step {
    // A new leader may know less of the end than was known before.
    if (highWatermark > this.#end) this.#end = highWatermark;
    const taken: FetchedMessage[] = [];
    let last: { readonly offset: bigint; readonly message: FetchedMessage } | null = null;
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (offset < this.fetchFrom) continue;
      if (this.#proof !== null) {
        if (!isSame(this.#proof, offset, message)) return this.#gap(this.#proof.offset);
        this.#proof = null;
        continue;
      }
      if (offset > this.#next) return this.#gap(offset);
      this.#next = offset + 1n;
      last = { offset, message };
      if (!message.isControlRecord) taken.push(message);
    }
    if (last !== null) this.#last = seen(last.offset, last.message);
    return { kind: "read", messages: taken };
  }

  #gap(found: bigint): Gap {
    return { kind: "gap", expected: this.#next, found };
  }
}

/** The value is copied: kafkajs' buffer would keep a whole answer alive. */
function seen(offset: bigint, { timestamp, value }: FetchedMessage): Seen {
  return { offset, timestamp, value: value === null ? null : Buffer.from(value) };
}

function isSame(seen: Seen, offset: bigint, { timestamp, value }: FetchedMessage): boolean {
  if (seen.offset !== offset || seen.timestamp !== timestamp) return false;
  return seen.value === null || value === null ? seen.value === value : seen.value.equals(value);
}
