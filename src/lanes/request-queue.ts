import { PRIORITIES, type Priority, type ReceivedRequest } from "../domain/rerun-request.ts";
import { Heap } from "./heap.ts";
import { goesBefore, type Packing, WaitingRequest } from "./waiting-request.ts";

/** Below this many a heap is not worth sweeping. */
const SWEEP_FROM = 1024;

/**
 * What waits in one lane: ordered by priority and arrival, with requests that wait out a delay and
 * requests that expire.
 *
 * Everything is O(log n). A request sits in one or two heaps and is told gone by its `place`; a heap
 * with too many that are gone is swept.
 */
export class RequestQueue {
  readonly #due = new Heap<WaitingRequest>(goesBefore);
  readonly #delayed = new Heap<WaitingRequest>((a, b) => a.dueAt < b.dueAt);
  readonly #expiring = new Heap<WaitingRequest>((a, b) => notAfterOf(a) < notAfterOf(b));
  /** By the index of the priority. */
  readonly #counts = PRIORITIES.map(() => 0);
  readonly #packing: Packing;
  #sequence = 0;

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  /** How many wait, due or delayed, by priority. */
  get depth(): Readonly<Record<Priority, number>> {
    const [low = 0, normal = 0, high = 0] = this.#counts;
    return { LOW: low, NORMAL: normal, HIGH: high };
  }

  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  add(received: ReceivedRequest): void {
    this.#enter(new WaitingRequest(received, this.#sequence++, this.#packing));
  }

  /** Puts a taken request back to its old place in the order, from `dueAt` on (0: at once). */
  putBack(waiting: WaitingRequest, dueAt: number): void {
    waiting.rest(dueAt > 0 ? "delayed" : "due", dueAt);
    this.#enter(waiting);
  }

  /** Takes the one whose turn it is at the monotonic instant `now`, if any. */
  take(now: number): WaitingRequest | undefined {
    this.#promote(now);
    const waiting = popWhile(this.#due, (one) => one.place !== "due");
    if (waiting === undefined) return undefined;
    this.#due.pop();
    this.#leave(waiting, "taken");
    return waiting;
  }

  /** Monotonic instant from which `take` gives something: 0 at once, `Infinity` when empty. */
  nextDueAt(now: number): number {
    this.#promote(now);
    if (popWhile(this.#due, (one) => one.place !== "due") !== undefined) return 0;
    return popWhile(this.#delayed, (one) => one.place !== "delayed")?.dueAt ?? Infinity;
  }

  /** Takes out one that may not be called any more at `epochMs`, if any. */
  takeExpired(epochMs: number): WaitingRequest | undefined {
    const waiting = popWhile(this.#expiring, (one) => !isWaiting(one));
    if (waiting === undefined || notAfterOf(waiting) >= epochMs) return undefined;
    this.#expiring.pop();
    this.#leave(waiting, "gone");
    return waiting;
  }

  /** Milliseconds since the epoch of the next expiry; `Infinity` when nothing expires. */
  nextExpiry(): number {
    const waiting = popWhile(this.#expiring, (one) => !isWaiting(one));
    return waiting === undefined ? Infinity : notAfterOf(waiting);
  }

  /** Forgets what waits and came from one partition; returns it. O(n). */
  forget(partition: number): readonly ReceivedRequest[] {
    const forgotten: ReceivedRequest[] = [];
    const stays = (waiting: WaitingRequest): boolean => {
      if (!isWaiting(waiting)) return false;
      if (waiting.source.partition !== partition) return true;
      this.#leave(waiting, "gone");
      forgotten.push(waiting.received);
      return false;
    };
    this.#due.retain(stays);
    this.#delayed.retain(stays);
    this.#expiring.retain(isWaiting);
    return forgotten;
  }

  #enter(waiting: WaitingRequest): void {
    this.#count(waiting, 1);
    (waiting.place === "due" ? this.#due : this.#delayed).push(waiting);
    // While it was taken it may have been dropped from here; standing here twice does no harm.
    if (waiting.notAfter !== null) this.#expiring.push(waiting);
    this.#sweep();
  }

  /**
   * What is gone would else stay until it comes up, which may be never, or days after its end. It is
   * unpacked by then, so a few of them weigh as much as many that wait.
   */
  #sweep(): void {
    const limit = this.size + Math.max(SWEEP_FROM, this.size / 8);
    if (this.#due.size + this.#delayed.size > limit) {
      this.#due.retain(isWaiting);
      this.#delayed.retain(isWaiting);
    }
    if (this.#expiring.size <= limit) return;
    const kept = new Set<WaitingRequest>();
    this.#expiring.retain((one) => {
      if (!isWaiting(one) || kept.has(one)) return false;
      kept.add(one);
      return true;
    });
  }

  #leave(waiting: WaitingRequest, place: "taken" | "gone"): void {
    this.#count(waiting, -1);
    waiting.take(place);
  }

  #count({ rank }: WaitingRequest, change: 1 | -1): void {
    this.#counts[rank] = (this.#counts[rank] ?? 0) + change;
  }

  #promote(now: number): void {
    for (;;) {
      const waiting = popWhile(this.#delayed, (one) => one.place !== "delayed");
      if (waiting === undefined || waiting.dueAt > now) return;
      this.#delayed.pop();
      waiting.place = "due";
      this.#due.push(waiting);
    }
  }
}

function isWaiting(waiting: WaitingRequest): boolean {
  return waiting.place === "due" || waiting.place === "delayed";
}

function notAfterOf(waiting: WaitingRequest): number {
  return waiting.notAfter ?? Infinity;
}

/** The heap's first after dropping those that are not wanted any more. */
function popWhile(
  heap: Heap<WaitingRequest>,
  unwanted: (waiting: WaitingRequest) => boolean,
): WaitingRequest | undefined {
  for (;;) {
    const first = heap.peek();
    if (first === undefined || !unwanted(first)) return first;
    heap.pop();
  }
}
