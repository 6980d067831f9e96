import type { Fetched, FetchedMessage } from "./partition-reader.ts";
import type { Step, TailPosition } from "./tail-position.ts";
import type { OffsetRange } from "./topic-reader.ts";

/**
 * A position in a log of which only the newest record under each key counts: offsets may be missing
 * anywhere, also at the end. A log that no longer has the position is read from its beginning.
 */
export class CompactedPosition implements TailPosition {
  #next = 0n;
  #end = 0n;
  #nothingCame = false;

  get fetchFrom(): bigint {
    return this.#next;
  }

  get lag(): bigint {
    return this.#end > this.#next ? this.#end - this.#next : 0n;
  }

  get isCaughtUp(): boolean {
    return this.#nothingCame || this.#next >= this.#end;
  }

  restart({ low, high }: OffsetRange): null {
    if (this.#next < low || this.#next > high) this.#next = low;
    this.#end = high;
    this.#nothingCame = false;
    return null;
  }

  take({ highWatermark, messages }: Pick<Fetched, "highWatermark" | "messages">): Step {
    if (highWatermark > this.#end) this.#end = highWatermark;
    this.#nothingCame = messages.length === 0;
    const taken: FetchedMessage[] = [];
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (offset < this.#next) continue;
      this.#next = offset + 1n;
      if (!message.isControlRecord) taken.push(message);
    }
    const context = messages.at(-1)?.batchContext;
    if (context !== undefined) {
      // The last records of a batch may be gone, and asking for them would bring it again.
      const behind = BigInt(context.firstOffset) + BigInt(context.lastOffsetDelta) + 1n;
      if (behind > this.#next) this.#next = behind;
    }
    return { kind: "read", messages: taken };
  }
}
