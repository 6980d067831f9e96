import type { OperationName } from "../domain/operation.ts";
import type { SlotUse } from "./slot-record.ts";

/** Calls that were begun and have not left, by their operation. */
export class BegunCalls {
  readonly #begun = new Map<OperationName, number>();

  /** How many of each operation. */
  get counts(): Iterable<readonly [OperationName, number]> {
    return this.#begun;
  }

  /** One is begun; the returned function ends that it is on its way, once. */
  begin(operation: OperationName): () => void {
    this.#add(operation, 1);
    let isOver = false;
    return () => {
      if (!isOver) this.#add(operation, -1);
      isOver = true;
    };
  }

  /** How many may take a slot of this use. */
  countOf({ names }: SlotUse): number {
    let sum = 0;
    for (const [operation, count] of this.#begun) if (names.includes(operation)) sum += count;
    return sum;
  }

  #add(operation: OperationName, change: 1 | -1): void {
    this.#begun.set(operation, (this.#begun.get(operation) ?? 0) + change);
  }
}
