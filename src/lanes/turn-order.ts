import type { OperationName } from "../domain/operation.ts";
import { PRIORITIES, type ReceivedRequest } from "../domain/rerun-request.ts";
import { FairTags, type Flow } from "./fair-tags.ts";
import { Heap } from "./heap.ts";
import { type Queued, Shelves } from "./shelves.ts";
import { TargetOrder } from "./target-order.ts";
import {
  type Arrival,
  arrivalOf,
  goesBefore,
  type Packing,
  WaitingRequest,
} from "./waiting-request.ts";

/**
 * What waits longer than this is treated like the next higher priority, and after the same time again
 * like the one above that. Counted on the monotonic clock from when it could first have gone, in this
 * process.
 */
export const RISES_EVERY_MS = 600_000;

/** Many may rise at once, after a pause say: the rest of them a moment later. */
const RISE_AT_ONCE = 1000;

const TOP = PRIORITIES.length - 1;

/**
 * Whose turn it is among those that wait for nothing else (`due`), and who of a target's requests
 * stands before whom (`blocked`: behind one).
 *
 * A request has its places among those of its targets from `arrive` to `makeWay`, wherever it is
 * meanwhile: with the caller too, for it may come back.
 */
export class TurnOrder {
  readonly #now: () => number;
  readonly #shelves: Shelves;
  readonly #fair = new FairTags();
  readonly #targets = new TargetOrder<Queued>();
  readonly #rising = new Heap<Queued>(risesSooner, placeByTime);
  #blocked = 0;
  #sequence = 0;
  /** Of the last one that came. */
  #arrival: Arrival | null = null;

  /** `now` gives monotonic milliseconds. */
  constructor(packing: Packing, now: () => number) {
    this.#shelves = new Shelves(packing);
    this.#now = now;
  }

  /** How many stand behind another one. */
  get blocked(): number {
    return this.#blocked;
  }

  /** A request that is new in the lane. */
  create(received: ReceivedRequest, tries: number): Queued {
    const shelf = this.#shelves.enter(received.request.operation);
    this.#arrival = arrivalOf(received, this.#arrival);
    const sequence = this.#sequence++;
    const waiting: Queued = new WaitingRequest(received, {
      sequence,
      shelf,
      arrival: this.#arrival,
    });
    waiting.attempts = tries;
    waiting.flow = this.#fair.enter(received.request.requestedBy, waiting.rank);
    return waiting;
  }

  /** It may go from now on, but for its turn and for who stands before it. */
  arrive(waiting: Queued, received: ReceivedRequest): void {
    waiting.since = Math.floor(this.#now());
    waiting.sequence = this.#sequence++;
    waiting.tag = this.#fair.next(flowOf(waiting), waiting.level);
    this.#line(waiting, this.#stand(waiting, received));
  }

  /** Whether one that has just come is looked at before another one goes, or moves others up. */
  changesOthers(waiting: Queued): boolean {
    return waiting.place !== "due" || this.#shelves.isHead(waiting);
  }

  /** One that left is back, to its old place in the order or behind its equals. */
  enterAgain(waiting: Queued, where: "old place" | "behind"): void {
    this.#shelves.enterAgain(waiting);
    waiting.flow = this.#fair.enter(flowOf(waiting).requester, waiting.rank);
    if (where === "behind") {
      waiting.sequence = this.#sequence++;
      waiting.tag = this.#fair.behindAll(waiting.level);
    }
    if (waiting.blockers === null) this.#stand(waiting, waiting.received);
  }

  /** It waits for nothing but its turn, or for who stands before it. */
  line(waiting: Queued): void {
    this.#line(waiting, this.#targets.heirs(waiting));
  }

  /** Takes out one that is due or blocked. */
  remove(waiting: Queued): void {
    if (waiting.place === "blocked") {
      this.#blocked -= 1;
    } else {
      this.#shelves.remove(waiting);
      this.#rising.removeAt(waiting.timedAs);
    }
  }

  /** The lane's turns have come to one that was taken out, unless it goes with an earlier one. */
  reach({ level, tag }: Queued): void {
    const heads = this.#shelves.heads();
    if (heads.some((head) => head.level > level)) return;
    const tags = heads.filter((head) => head.level === level).map((head) => head.tag);
    this.#fair.reach(level, Math.min(tag, ...tags));
  }

  /** It is in the lane no more, but may come back. */
  leave(waiting: Queued): void {
    this.#shelves.leave(waiting.shelf);
    this.#fair.leave(flowOf(waiting));
  }

  /** Nobody stands behind it any more. */
  makeWay(waiting: Queued): void {
    for (const freed of this.#targets.leave(waiting)) {
      if (freed.place !== "blocked") continue;
      this.remove(freed);
      this.line(freed);
    }
  }

  /** Raises what waited long by the instant `now`. */
  rise(now: number): void {
    for (let left = RISE_AT_ONCE; left > 0; left -= 1) {
      const one = this.#rising.peek();
      if (one === undefined || risesAt(one) > now) return;
      this.#age(one, now);
      this.#reorder(one);
    }
  }

  /** The first due one of each operation. */
  heads(): readonly Queued[] {
    return this.#shelves.heads();
  }

  /** The due one whose turn it is among the operations that may go; `last` only without another. */
  first(mayGo: (operation: OperationName) => boolean, last: Queued | null): Queued | undefined {
    const first = earliest(this.#shelves.heads(mayGo));
    if (last === null || first !== last) return first;
    this.#shelves.remove(last);
    const other = earliest(this.#shelves.heads(mayGo));
    this.#shelves.push(last);
    return other ?? last;
  }

  /** See RequestQueue. */
  *joinable(head: Queued, others: readonly Queued[]): Generator<Queued, void> {
    const { shelf } = head;
    const going = new Set([head, ...others]);
    const followers = this.#targets.follow();
    const cameUp = new Heap<Queued>(goesBefore);
    const goes = (one: Queued): void => {
      for (const other of followers.went(one)) {
        const isNew = other.shelf === shelf && other.place === "blocked" && !going.has(other);
        if (isNew) cameUp.push(other);
      }
    };
    for (const one of going) goes(one);
    const due = shelf.inOrder();
    for (let next = due.next(); ;) {
      const [up, waits] = [cameUp.peek(), next.done === true ? undefined : next.value];
      const isUp = up !== undefined && (waits === undefined || goesBefore(up, waits));
      const one = isUp ? cameUp.pop() : waits;
      if (one === undefined) return;
      if (!isUp) next = due.next();
      if (going.has(one)) continue;
      yield one;
      goes(one);
    }
  }

  /** All that have places among those of their targets, in no order. */
  all(): ReadonlySet<Queued> {
    return new Set(this.#targets.all());
  }

  /** Takes its places among those that share its targets; returns some of those behind it. */
  #stand(waiting: Queued, { request }: ReceivedRequest): readonly Queued[] {
    const behind = this.#targets.enter(waiting, request.operation);
    for (const other of behind) {
      if (other.place !== "due") continue;
      this.remove(other);
      this.line(other);
    }
    if (waiting.blockers !== 0) this.#bequeath(waiting);
    return behind;
  }

  #line(waiting: Queued, heirs: Iterable<Queued>): void {
    if (waiting.blockers !== 0) {
      waiting.rest("blocked", 0);
      this.#blocked += 1;
      return;
    }
    for (const heir of heirs) inherit(waiting, heir);
    waiting.rest("due", 0);
    this.#shelves.push(waiting);
    if (waiting.level < TOP) this.#rising.push(waiting);
  }

  /** Whoever stands before it, at any remove, goes as soon as it could. */
  #bequeath(waiting: Queued): void {
    const heirs = [waiting];
    for (let heir = heirs.pop(); heir !== undefined; heir = heirs.pop()) {
      for (const ahead of this.#targets.ahead(heir)) {
        if (!inherit(ahead, heir)) continue;
        if (ahead.place === "due") this.#reorder(ahead);
        if (ahead.blockers !== 0) heirs.push(ahead);
      }
    }
  }

  /** Its own time in the lane may have raised it. */
  #age(waiting: Queued, now: number): void {
    const steps = Math.max(0, Math.floor((now - waiting.since) / RISES_EVERY_MS));
    const level = Math.min(TOP, waiting.rank + steps);
    if (level <= waiting.level) return;
    waiting.level = level;
    waiting.tag = this.#fair.next(flowOf(waiting), level);
  }

  #reorder(due: Queued): void {
    this.#shelves.changed(due);
    if (due.level === TOP) this.#rising.removeAt(due.timedAs);
    else this.#rising.changedAt(due.timedAs);
  }
}

/** What it takes over from one behind it; false: it goes before that one anyway. */
function inherit(ahead: Queued, { level, tag }: Queued): boolean {
  if (ahead.level > level || (ahead.level === level && ahead.tag <= tag)) return false;
  ahead.level = level;
  ahead.tag = tag;
  return true;
}

/** When it rises above the level that it has, by its own time in the lane. */
function risesAt({ since, rank, level }: Queued): number {
  return since + (level - rank + 1) * RISES_EVERY_MS;
}

function risesSooner(a: Queued, b: Queued): boolean {
  const [x, y] = [risesAt(a), risesAt(b)];
  return x === y ? a.sequence < b.sequence : x < y;
}

function placeByTime(waiting: Queued, position: number): void {
  waiting.timedAs = position;
}

function flowOf({ flow }: Queued): Flow {
  if (flow === null) throw new Error("a request that nobody asked for");
  return flow;
}

function earliest(candidates: readonly Queued[]): Queued | undefined {
  return candidates.reduce<Queued | undefined>(
    (best, one) => (best === undefined || goesBefore(one, best) ? one : best),
    undefined,
  );
}
