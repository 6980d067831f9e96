import type { ReceivedRequest } from "../domain/rerun-request.ts";
import { LaneOverflow } from "./lane-overflow.ts";
import { TargetCounts } from "./target-counts.ts";

export interface OverflowParts {
  /** So many requests of one lane wait in memory. */
  readonly share: number;
  /** How many of a connection's requests wait in its lane. */
  readonly depthOf: (provider: string) => number;
}

/** Urgent requests get this much more room than there is for others. */
const URGENT_ROOM = 1.1;
/** Below this part of its share a lane has room again, so that records are read again in strides. */
const ROOM_BELOW = 0.8;

/**
 * Which requests wait in memory, and which only as places in the requests topic: each lane has its
 * share of the memory, so that one that is held or slow stops neither the intake nor the others.
 *
 * While some of a lane wait outside, those that come later do so too, or they would overtake. A
 * request of HIGH priority may pass them, unless it might share a target with one of them.
 */
export class Overflow {
  readonly #parts: OverflowParts;
  readonly #lanes = new Map<string, LaneOverflow>();
  /** Of all lanes together: there may be many, and each would take as much memory. */
  readonly #targets = new TargetCounts();

  constructor(parts: OverflowParts) {
    this.#parts = parts;
  }

  /** How many wait outside of memory. */
  get size(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.size;
    return sum;
  }

  /** How many of a connection's requests wait outside of memory. */
  sizeOf(provider: string): number {
    return this.#lanes.get(provider)?.size ?? 0;
  }

  /** The connections of which requests wait outside. */
  get waiting(): readonly (readonly [provider: string, lane: LaneOverflow])[] {
    return [...this.#lanes].filter(([, { size }]) => size > 0);
  }

  /** Whether there is no room for it in its lane now. */
  mustWait(received: ReceivedRequest): boolean {
    const { share, depthOf } = this.#parts;
    const { provider, priority } = received.request;
    const lane = this.#lanes.get(provider);
    const isUrgent = priority === "HIGH";
    const isFull = depthOf(provider) >= (isUrgent ? share * URGENT_ROOM : share);
    if (isFull || lane === undefined || lane.size === 0) return isFull;
    return !isUrgent || lane.mayShareTargetWith(received);
  }

  /** Lets it wait outside. */
  add(received: ReceivedRequest): void {
    const { provider } = received.request;
    const lane = this.#lanes.get(provider) ?? this.#open(provider);
    lane.add(received);
  }

  /** How many of a connection's may be read again now; 0 while its lane is well filled. */
  roomOf(provider: string): number {
    const { share, depthOf } = this.#parts;
    const depth = depthOf(provider);
    return depth > share * ROOM_BELOW ? 0 : Math.max(0, share - depth);
  }

  /** The partition is somebody else's. */
  forget(partition: number): void {
    for (const lane of this.#lanes.values()) lane.forget(partition);
  }

  #open(provider: string): LaneOverflow {
    const onEmpty = (): void => {
      // What was dropped unread is still counted, until nothing waits.
      if (this.size === 0) this.#targets.clear();
    };
    const lane = new LaneOverflow({ provider, targets: this.#targets, onEmpty });
    this.#lanes.set(provider, lane);
    return lane;
  }
}
