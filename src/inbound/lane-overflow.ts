import type { ReceivedRequest, RerunRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { OffsetSet } from "./offset-set.ts";
import { type Place, PlaceHeap } from "./place-heap.ts";
import type { TargetCounts } from "./target-counts.ts";

export interface LaneOverflowParts {
  readonly provider: string;
  /** Of what waits outside of memory, of all lanes. */
  readonly targets: Pick<TargetCounts, "add" | "remove" | "mayHave">;
  /** Nothing waits here any more. */
  readonly onEmpty: () => void;
}

/**
 * The requests of one lane that wait outside of memory: only their places in the requests topic are
 * kept, and they are read again when the lane has room. A million of them cost a few megabytes.
 *
 * Within a partition they come back in the order of their offsets.
 */
export class LaneOverflow {
  readonly #parts: LaneOverflowParts;
  readonly #places = new Map<number, OffsetSet>();
  readonly #deadlines = new PlaceHeap();
  #size = 0;
  #turn = 0;

  constructor(parts: LaneOverflowParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#size;
  }

  has({ partition, offset }: Place): boolean {
    return this.#places.get(partition)?.has(offset) === true;
  }

  add({ request, source }: ReceivedRequest): void {
    if (this.has(source)) return;
    const { partition, offset } = source;
    const offsets = this.#places.get(partition) ?? new OffsetSet();
    this.#places.set(partition, offsets);
    offsets.add(offset);
    this.#size += 1;
    this.#parts.targets.add(this.#targetsOf(request));
    if (request.notAfter !== null) this.#deadlines.push(request.notAfter, source);
  }

  /** It was read again. False: it waits here no more. */
  take({ request, source }: ReceivedRequest): boolean {
    if (!this.has(source)) return false;
    this.#parts.targets.remove(this.#targetsOf(request));
    return this.drop(source);
  }

  /** It will never be read again. False: it waits here no more. */
  drop({ partition, offset }: Place): boolean {
    const offsets = this.#places.get(partition);
    if (offsets?.delete(offset) !== true) return false;
    if (offsets.size === 0) this.#places.delete(partition);
    this.#size -= 1;
    if (this.#size === 0) this.#clear();
    return true;
  }

  /** The partition is somebody else's: nothing of it waits here any more. */
  forget(partition: number): void {
    this.#size -= this.#places.get(partition)?.size ?? 0;
    this.#places.delete(partition);
    if (this.#size === 0) this.#clear();
  }

  /** The one to be read next; partitions take turns. Null: none waits. */
  next(): Place | null {
    const partitions = [...this.#places.keys()];
    const partition = partitions[this.#turn++ % partitions.length];
    return partition === undefined ? null : this.#lowestOf(partition);
  }

  /** One whose `notAfter` has passed at `epochMs`; null: none is known. */
  expired(epochMs: number): Place | null {
    for (;;) {
      const first = this.#deadlines.peek();
      if (first === null || first.at >= epochMs) return null;
      if (this.has(first.place)) return first.place;
      this.#deadlines.pop();
    }
  }

  /** One that stands below the offset told for its partition: its record is about to be deleted. */
  dying(below: ReadonlyMap<number, bigint>): Place | null {
    for (const [partition, edge] of below) {
      const lowest = this.#lowestOf(partition);
      if (lowest !== null && lowest.offset < edge) return lowest;
    }
    return null;
  }

  /** Whether one that waits here may share a target with it; true more often than it is so. */
  mayShareTargetWith({ request }: ReceivedRequest): boolean {
    return this.#parts.targets.mayHave(this.#targetsOf(request));
  }

  #lowestOf(partition: number): Place | null {
    for (const offset of this.#places.get(partition)?.values() ?? []) return { partition, offset };
    return null;
  }

  /** The same name on another connection is another target. */
  #targetsOf({ operation }: RerunRequest): readonly string[] {
    return targetsOf(operation).map((target) => `${this.#parts.provider}\n${target}`);
  }

  #clear(): void {
    this.#deadlines.clear();
    this.#parts.onEmpty();
  }
}
