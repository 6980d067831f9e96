import type { OperationName } from "../domain/operation.ts";
import { PRIORITIES, type Priority, type ReceivedRequest } from "../domain/rerun-request.ts";
import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";
import { Parking } from "./parking.ts";
import type { Queued } from "./shelves.ts";
import { TurnOrder } from "./turn-order.ts";
import type { Packing } from "./waiting-request.ts";

export type { Queued } from "./shelves.ts";

/** The wall clock may be set while requests wait for their `notBefore`: it is looked at this often. */
const LOOK_AT_WALL_CLOCK_MS = 60_000;

/** How many wait, by what they wait for; the rest waits for its turn. */
export interface Waits {
  /** For their `notBefore`. */
  readonly early: number;
  /** For an earlier request of the same target. */
  readonly blocked: number;
  /** For the end of a delay after a call. */
  readonly delayed: number;
  /** For a target that is being called. */
  readonly parked: number;
}

/**
 * What waits in one lane, in the order in which it goes: by priority, where long waiting counts; fairly
 * between those who ask within one priority; then by arrival.
 *
 * Of the requests of one partition that share a target none overtakes another: whoever came later is
 * not due before the earlier one has left the lane, or goes with it in one call. The earlier one goes
 * as soon as the later one could. Only one whose `notBefore` has not come is passed by all: it may
 * wait for days. Once it has, it counts as arriving then, but stands before what has a higher offset.
 *
 * A few near the head may be staged, which is still waiting, but in somebody else's order. Everything
 * is O(log n).
 */
export class RequestQueue {
  readonly #clock: Clock;
  readonly #turns: TurnOrder;
  readonly #staged = new Set<Queued>();
  readonly #parked = new Parking<Queued>();
  readonly #early = new Heap<Queued>(isDueSooner, placeByTime);
  readonly #delayed = new Heap<Queued>(isDueSooner, placeByTime);
  readonly #expiring = new Heap<Queued>((a, b) => notAfterOf(a) < notAfterOf(b), placeByExpiry);
  /** By the index of the priority. */
  readonly #counts = PRIORITIES.map(() => 0);
  readonly #ofOperations = new Map<OperationName, number>();

  constructor(packing: Packing, clock: Clock) {
    this.#turns = new TurnOrder(packing, clock.now);
    this.#clock = clock;
  }

  /** How many wait, for whatever, by the priority that they asked for. */
  get depth(): Readonly<Record<Priority, number>> {
    const [low = 0, normal = 0, high = 0] = this.#counts;
    return { LOW: low, NORMAL: normal, HIGH: high };
  }

  get waits(): Waits {
    const [early, delayed, parked] = [this.#early.size, this.#delayed.size, this.#parked.size];
    return { early, blocked: this.#turns.blocked, delayed, parked };
  }

  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** How many of one operation wait, for whatever. */
  sizeOf(operation: OperationName): number {
    return this.#ofOperations.get(operation) ?? 0;
  }

  /**
   * `tries`: calls made for it before that surely did not execute. False: it stands behind others that
   * are due, and changes nothing for anybody before its turn comes.
   */
  add(received: ReceivedRequest, tries = 0): boolean {
    const { notBefore } = received.request;
    const waiting = this.#turns.create(received, tries);
    this.#enter(waiting);
    if (notBefore === null || notBefore <= this.#clock.epoch()) {
      this.#turns.arrive(waiting, received);
    } else {
      waiting.rest("early", notBefore);
      this.#early.push(waiting);
    }
    return waiting.notAfter !== null || this.#turns.changesOthers(waiting);
  }

  /**
   * Puts a taken request back from `dueAt` on (0: at once), to its old place in the order or behind
   * its equals.
   */
  putBack(waiting: Queued, dueAt: number, where: "old place" | "behind" = "old place"): void {
    this.#turns.enterAgain(waiting, where);
    this.#enter(waiting);
    if (dueAt > 0) {
      waiting.rest("delayed", dueAt);
      this.#delayed.push(waiting);
    } else {
      this.#turns.line(waiting);
    }
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
    this.#look(now);
    return this.#turns.first(mayGo, last);
  }

  /** The first due one of each operation at the monotonic instant `now`. */
  heads(now: number): readonly Queued[] {
    this.#look(now);
    return this.#turns.heads();
  }

  /**
   * Those that may go in one call with `head` at the monotonic instant `now`, in the lane's order:
   * what is due on its shelf, and what waits there for nobody but `head`, `others` and those named
   * before. `others` go with `head` already, named in this order. Who leaves one out must leave out
   * whatever is named after it and shares a target with it.
   *
   * Found one by one as they are asked for; nothing may be taken, added or put back meanwhile.
   */
  *joinable(head: Queued, now: number, others: readonly Queued[] = []): Generator<Queued, void> {
    this.#look(now);
    yield* this.#turns.joinable(head, others);
  }

  /**
   * Takes out one that waits, for its call. It still stands before later ones of the same target, until
   * it is put back and taken by somebody else, or `left`.
   */
  take(waiting: Queued): void {
    this.#detach(waiting);
    this.#turns.reach(waiting);
    this.#leave(waiting, "taken");
  }

  /** One that was taken is not coming back; nothing happens if it came. */
  left(waiting: Queued): void {
    if (waiting.place !== "taken") return;
    waiting.place = "gone";
    this.#turns.makeWay(waiting);
  }

  /** Takes out one that waits, for good. */
  drop(waiting: Queued): void {
    this.#detach(waiting);
    this.#leave(waiting, "gone");
    this.#turns.makeWay(waiting);
  }

  /** Puts one that waits aside until the target is free. */
  park(waiting: Queued, target: string): void {
    this.#detach(waiting);
    waiting.rest("parked", 0);
    this.#parked.add(waiting, target);
  }

  /** The target is free: those that waited for it are due again, at their old places in the order. */
  unpark(target: string): void {
    for (const waiting of this.#parked.waitingFor(target)) {
      this.#detach(waiting);
      this.#turns.line(waiting);
    }
  }

  /** Stages one that waits: from here on it is neither named nor put in order. */
  stage(head: Queued): void {
    this.#detach(head);
    this.#staged.add(head);
    head.open("staged");
  }

  /** Puts a staged one back to its old place in the order. */
  unstage(waiting: Queued): void {
    this.#detach(waiting);
    this.#turns.line(waiting);
  }

  /**
   * Monotonic instant from which `first` may name something when each operation opens as told: 0 at
   * once, `Infinity` when nothing is due, delayed or early. For what is early it is an instant at
   * which to look again.
   */
  nextDueAt(now: number, opensAt: (operation: OperationName) => number): number {
    this.#look(now);
    const due = this.#turns.heads().map(({ shelf }) => opensAt(shelf.operation));
    const delayed = this.#delayed.peek()?.dueAt ?? Infinity;
    return Math.min(delayed, this.#lookAt(now), ...due.map((at) => (at > now ? at : 0)));
  }

  /** Takes out one that may not be called any more at `epochMs`, if any. */
  takeExpired(epochMs: number): Queued | undefined {
    const waiting = this.#expiring.peek();
    if (waiting === undefined || notAfterOf(waiting) >= epochMs) return undefined;
    this.drop(waiting);
    return waiting;
  }

  /** Milliseconds since the epoch of the next expiry; `Infinity` when nothing expires. */
  nextExpiry(): number {
    const waiting = this.#expiring.peek();
    return waiting === undefined ? Infinity : notAfterOf(waiting);
  }

  /** Forgets what waits and came from one partition; returns it. O(n log n). */
  forget(partition: number): readonly ReceivedRequest[] {
    const forgotten = this.#dropAll((waiting) => waiting.partition === partition);
    return forgotten.map(({ received }) => received);
  }

  /** Takes out those whose records stand below these offsets of their partitions. O(n log n). */
  takeBelow(offsets: ReadonlyMap<number, bigint>): readonly Queued[] {
    return this.#dropAll(({ partition, offset }) => offset < (offsets.get(partition) ?? 0n));
  }

  #dropAll(isMeant: (waiting: Queued) => boolean): readonly Queued[] {
    const all = [...this.#early.inOrder(), ...this.#turns.all()];
    const meant = all.filter((waiting) => waiting.place !== "taken" && isMeant(waiting));
    // The last first, so that nobody comes up whose turn is next.
    const last = meant.toReversed();
    for (const waiting of last) this.drop(waiting);
    return last;
  }

  /** When to look again for what is early. */
  #lookAt(now: number): number {
    const early = this.#early.peek();
    if (early === undefined) return Infinity;
    return now + Math.min(early.dueAt - this.#clock.epoch(), LOOK_AT_WALL_CLOCK_MS);
  }

  /** Out of wherever it stands, its place among those that share its targets aside. */
  #detach(waiting: Queued): void {
    switch (waiting.place) {
      case "due":
      case "blocked":
        this.#turns.remove(waiting);
        return;
      case "delayed":
        this.#delayed.removeAt(waiting.timedAs);
        return;
      case "early":
        this.#early.removeAt(waiting.timedAs);
        return;
      case "staged":
        this.#staged.delete(waiting);
        return;
      case "parked":
        this.#parked.remove(waiting);
        return;
      case "taken":
      case "gone":
        throw new Error(`a request that is ${waiting.place} waits no more`);
    }
  }

  #enter(waiting: Queued): void {
    this.#count(waiting, 1);
    if (waiting.notAfter !== null) this.#expiring.push(waiting);
  }

  #leave(waiting: Queued, place: "taken" | "gone"): void {
    this.#count(waiting, -1);
    this.#expiring.removeAt(waiting.expiryAs);
    this.#turns.leave(waiting);
    waiting.open(place);
  }

  #count({ rank, shelf: { operation } }: Queued, change: 1 | -1): void {
    this.#counts[rank] = (this.#counts[rank] ?? 0) + change;
    this.#ofOperations.set(operation, this.sizeOf(operation) + change);
  }

  /** Brings everything to the instant `now`. */
  #look(now: number): void {
    for (let one = this.#delayed.peek(); one && one.dueAt <= now; one = this.#delayed.peek()) {
      this.#detach(one);
      this.#turns.line(one);
    }
    const epoch = this.#clock.epoch();
    for (let one = this.#early.peek(); one && one.dueAt <= epoch; one = this.#early.peek()) {
      this.#detach(one);
      this.#turns.arrive(one, one.received);
    }
    this.#turns.rise(now);
  }
}

function isDueSooner(a: Queued, b: Queued): boolean {
  return a.dueAt === b.dueAt ? a.sequence < b.sequence : a.dueAt < b.dueAt;
}

function notAfterOf(waiting: Queued): number {
  return waiting.notAfter ?? Infinity;
}

function placeByTime(waiting: Queued, position: number): void {
  waiting.timedAs = position;
}

function placeByExpiry(waiting: Queued, position: number): void {
  waiting.expiryAs = position;
}
