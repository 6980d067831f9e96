import type { OperationName } from "../domain/operation.ts";
import { PRIORITIES, type Priority, type ReceivedRequest } from "../domain/rerun-request.ts";
import { Heap } from "./heap.ts";
import { goesBefore, type Packing, type Shelf, WaitingRequest } from "./waiting-request.ts";

/** Below this many a heap is not worth sweeping. */
const SWEEP_FROM = 1024;

/** The due requests of one operation. */
interface DueShelf extends Shelf {
  readonly due: Heap<Queued>;
}

/** A request as the queue knows it. */
export type Queued = WaitingRequest<DueShelf>;

/**
 * What waits in one lane: ordered by priority and arrival, each operation for itself, with requests
 * that wait out a delay and requests that expire. A few near the head may be staged, which is still
 * waiting, but in somebody else's order.
 *
 * Everything is O(log n). A request sits in one or two heaps and is told gone by its `place`; a heap
 * with too many that are gone is swept.
 */
export class RequestQueue {
  readonly #shelves = new Map<OperationName, DueShelf>();
  readonly #staged = new Set<Queued>();
  /** By the target that they wait for. */
  readonly #parked = new Map<string, Set<Queued>>();
  readonly #delayed = new Heap<Queued>((a, b) => a.dueAt < b.dueAt);
  readonly #expiring = new Heap<Queued>((a, b) => notAfterOf(a) < notAfterOf(b));
  /** By the index of the priority. */
  readonly #counts = PRIORITIES.map(() => 0);
  readonly #packing: Packing;
  #sequence = 0;

  constructor(packing: Packing) {
    this.#packing = packing;
  }

  /** How many wait, due, staged, delayed or parked, by priority. */
  get depth(): Readonly<Record<Priority, number>> {
    const [low = 0, normal = 0, high = 0] = this.#counts;
    return { LOW: low, NORMAL: normal, HIGH: high };
  }

  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** `tries`: calls made for it before that surely did not execute. */
  add(received: ReceivedRequest, tries = 0): void {
    const shelf = this.#shelfOf(received.request.operation.kind);
    this.#enter(new WaitingRequest(received, this.#sequence++, shelf, tries));
  }

  /**
   * Puts a taken request back from `dueAt` on (0: at once), to its old place in the order or behind
   * its equals.
   */
  putBack(waiting: Queued, dueAt: number, where: "old place" | "behind" = "old place"): void {
    if (where === "behind") waiting.sequence = this.#sequence++;
    waiting.rest(dueAt > 0 ? "delayed" : "due", dueAt);
    this.#enter(waiting);
  }

  /**
   * The due one whose turn it is at the monotonic instant `now` among the operations that may go;
   * `last` only when there is no other.
   */
  first(
    now: number,
    mayGo: (operation: OperationName) => boolean,
    last: Queued | null = null,
  ): Queued | undefined {
    const open = this.#dueShelves(now).filter(({ operation }) => mayGo(operation));
    return earliest(open.map(({ due }) => behind(due, last))) ?? earliest(open.map(headOf));
  }

  /** The first due one of each operation at the monotonic instant `now`. */
  heads(now: number): readonly Queued[] {
    return this.#dueShelves(now)
      .map(headOf)
      .filter((head) => head !== undefined);
  }

  /** Takes out what `first` named, or what is staged. */
  take(waiting: Queued): void {
    this.#remove(waiting);
    this.#leave(waiting, "taken");
  }

  /** Takes out what `first` named, or what is staged, for good. */
  drop(waiting: Queued): void {
    this.#remove(waiting);
    this.#leave(waiting, "gone");
  }

  /** Puts what `first` or `heads` named, or what is staged, aside until the target is free. */
  park(waiting: Queued, target: string): void {
    this.#remove(waiting);
    this.#staged.delete(waiting);
    waiting.rest("parked", 0);
    const parked = this.#parked.get(target) ?? new Set();
    this.#parked.set(target, parked.add(waiting));
  }

  /** The target is free: those that waited for it are due again, at their old places in the order. */
  unpark(target: string): void {
    const parked = this.#parked.get(target);
    if (parked === undefined) return;
    this.#parked.delete(target);
    for (const waiting of parked) {
      if (waiting.place !== "parked") continue;
      waiting.place = "due";
      waiting.shelf.due.push(waiting);
    }
  }

  /** Stages what `heads` named: from here on it is neither named nor put in order. */
  stage(head: Queued): void {
    this.#remove(head);
    this.#staged.add(head);
    head.open("staged");
  }

  /** Puts a staged one back to its old place in the order. */
  unstage(waiting: Queued): void {
    this.#staged.delete(waiting);
    waiting.rest("due", 0);
    waiting.shelf.due.push(waiting);
  }

  /**
   * Monotonic instant from which `first` names something when each operation opens as told: 0 at
   * once, `Infinity` when nothing is due or delayed.
   */
  nextDueAt(now: number, opensAt: (operation: OperationName) => number): number {
    const due = this.#dueShelves(now).map(({ operation }) => opensAt(operation));
    const delayed = popWhile(this.#delayed, (one) => one.place !== "delayed");
    return Math.min(delayed?.dueAt ?? Infinity, ...due.map((at) => (at > now ? at : 0)));
  }

  /** Takes out one that may not be called any more at `epochMs`, if any. */
  takeExpired(epochMs: number): Queued | undefined {
    const waiting = popWhile(this.#expiring, (one) => !isWaiting(one));
    if (waiting === undefined || notAfterOf(waiting) >= epochMs) return undefined;
    this.#expiring.pop();
    if (waiting.place === "parked")
      for (const parked of this.#parked.values()) parked.delete(waiting);
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
    const stays = (waiting: Queued): boolean => {
      if (!isWaiting(waiting)) return false;
      if (waiting.source.partition !== partition) return true;
      this.#leave(waiting, "gone");
      forgotten.push(waiting.received);
      return false;
    };
    for (const { due } of this.#shelves.values()) due.retain(stays);
    for (const waiting of [...this.#staged]) stays(waiting);
    for (const [target, parked] of this.#parked) {
      for (const waiting of parked) if (!stays(waiting)) parked.delete(waiting);
      if (parked.size === 0) this.#parked.delete(target);
    }
    this.#delayed.retain(stays);
    this.#expiring.retain(isWaiting);
    return forgotten;
  }

  #shelfOf(operation: OperationName): DueShelf {
    const known = this.#shelves.get(operation);
    if (known !== undefined) return known;
    const shelf = { operation, packing: this.#packing, due: new Heap<Queued>(goesBefore) };
    this.#shelves.set(operation, shelf);
    return shelf;
  }

  #enter(waiting: Queued): void {
    this.#count(waiting, 1);
    (waiting.place === "due" ? waiting.shelf.due : this.#delayed).push(waiting);
    // While it was taken it may have been dropped from here; standing here twice does no harm.
    if (waiting.notAfter !== null) this.#expiring.push(waiting);
    this.#sweep();
  }

  /** Out of the due ones, where at most one stands before it: the one that was to go last. */
  #remove(waiting: Queued): void {
    if (waiting.place !== "due") return;
    const { due } = waiting.shelf;
    const before: Queued[] = [];
    for (let head = due.pop(); head !== undefined && head !== waiting; head = due.pop()) {
      before.push(head);
    }
    for (const one of before) due.push(one);
  }

  /**
   * What is gone would else stay until it comes up, which may be never, or days after its end. It is
   * unpacked by then, so a few of them weigh as much as many that wait.
   */
  #sweep(): void {
    const limit = this.size + Math.max(SWEEP_FROM, this.size / 8);
    const shelves = [...this.#shelves.values()];
    if (shelves.reduce((sum, { due }) => sum + due.size, this.#delayed.size) > limit) {
      for (const { due } of shelves) due.retain(isWaiting);
      this.#delayed.retain(isWaiting);
    }
    if (this.#expiring.size <= limit) return;
    const kept = new Set<Queued>();
    this.#expiring.retain((one) => {
      if (!isWaiting(one) || kept.has(one)) return false;
      kept.add(one);
      return true;
    });
  }

  #leave(waiting: Queued, place: "taken" | "gone"): void {
    this.#count(waiting, -1);
    this.#staged.delete(waiting);
    waiting.open(place);
  }

  #count({ rank }: Queued, change: 1 | -1): void {
    this.#counts[rank] = (this.#counts[rank] ?? 0) + change;
  }

  /** The operations of which something is due. */
  #dueShelves(now: number): readonly DueShelf[] {
    this.#promote(now);
    return [...this.#shelves.values()].filter((shelf) => headOf(shelf) !== undefined);
  }

  #promote(now: number): void {
    for (;;) {
      const waiting = popWhile(this.#delayed, (one) => one.place !== "delayed");
      if (waiting === undefined || waiting.dueAt > now) return;
      this.#delayed.pop();
      waiting.place = "due";
      waiting.shelf.due.push(waiting);
    }
  }
}

function isWaiting({ place }: Queued): boolean {
  return place === "due" || place === "staged" || place === "delayed" || place === "parked";
}

function notAfterOf(waiting: Queued): number {
  return waiting.notAfter ?? Infinity;
}

function headOf({ due }: DueShelf): Queued | undefined {
  return popWhile(due, (one) => one.place !== "due");
}

/** The first of a heap that is not `last`. */
function behind(due: Heap<Queued>, last: Queued | null): Queued | undefined {
  const head = due.peek();
  if (head === undefined || head !== last) return head;
  due.pop();
  const next = popWhile(due, (one) => one.place !== "due");
  due.push(head);
  return next;
}

function earliest(candidates: readonly (Queued | undefined)[]): Queued | undefined {
  return candidates.reduce(
    (best, one) => (one !== undefined && (!best || goesBefore(one, best)) ? one : best),
    undefined,
  );
}

/** The heap's first after dropping those that are not wanted any more. */
function popWhile(heap: Heap<Queued>, unwanted: (waiting: Queued) => boolean): Queued | undefined {
  for (;;) {
    const first = heap.peek();
    if (first === undefined || !unwanted(first)) return first;
    heap.pop();
  }
}
