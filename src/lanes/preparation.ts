import type { Evidence } from "../domain/evidence.ts";
import type { OperationName } from "../domain/operation.ts";
import type { ReceivedRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { Reading } from "./reading.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";
import { goesBefore } from "./waiting-request.ts";

/** How requests are read before their call. */
export interface Prepare {
  /** `auto`: a reading may be missing when the turn comes; `always`: the turn waits for it. */
  readonly mode: "auto" | "always";
  /** Whether a reading of it can tell something. */
  applies(received: ReceivedRequest): boolean;
  /** Reads its targets, as far as they can be read. Never rejects; ends soon when called off. */
  read(received: ReceivedRequest, signal: AbortSignal): Promise<Evidence>;
}

export interface PreparationParts {
  readonly prepare: Prepare;
  readonly queue: RequestQueue;
  /** How many requests of an operation are read or have been read at one time. */
  readonly windowOf: (operation: OperationName) => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The journal's position now: what was held before it cannot be taken for what is read after. */
  readonly position: () => bigint;
  /** The targets that are called, judged or followed by anybody. */
  readonly isHeld: (target: string) => boolean;
  /** A reading ended: something may be ready. */
  readonly onRead: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * How long a request waits for its reading in all when it is its turn (mode `auto`), from when the
 * reading could begin: several times a round trip with its handshakes to a far region. With a
 * backlog the window is longer than this, so that the pace never waits.
 */
const PATIENCE_MS = 1000;

/** A reading older than this is made anew: meanwhile somebody else may have run the target again. */
const KEEPS_MS = 30_000;

/** A request near the head. */
interface Staged {
  readonly waiting: Queued;
  readonly targets: readonly string[];
  /** Null: nothing is to be read, for it does not apply or cannot tell anything right now. */
  reading: Reading | null;
  readonly applies: boolean;
  /** When the wait for its reading began, monotonic milliseconds. */
  since: number;
  /** The journal's position before the reading began. */
  evidenceAt: bigint;
}

/** What was read of a request before its call. */
export interface Prepared {
  readonly before: Evidence | null;
  /** The journal position before the reading began; null without one. */
  readonly evidenceAt: bigint | null;
}

/** For a request of which nothing was read. */
export const UNPREPARED: Prepared = { before: null, evidenceAt: null };

/**
 * The requests near the head of a lane's queue, and what is read of them before their call.
 *
 * A bounded number of each operation is staged: the first ones, always; what comes before them
 * takes the place of the last. Whoever is ready first by the lane's order goes. One whose reading
 * has not ended is overtaken, but never by one that shares a target with it.
 *
 * A reading tells nothing while a call of the same target is under way, for it could see that
 * call's run as well as not: so whoever shares a target with one that is taken is parked until the
 * target is free.
 */
export class Preparation {
  readonly #parts: PreparationParts;
  /** In the lane's order. */
  #staged: Staged[] = [];

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /** Stages what stands before those that are staged, and as many more as there is room for. */
  fill(): void {
    const { queue, now, isHeld } = this.#parts;
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const head of queue.heads(now())) {
        const held = targetsOf(head.received.request.operation).find(isHeld);
        if (held !== undefined) queue.park(head, held);
        else if (this.#makeRoomFor(head)) this.#stage(head);
        else continue;
        isDone = false;
      }
    }
  }

  /** The one that goes now among the operations that may; `last` only when there is no other. */
  first(mayGo: (operation: OperationName) => boolean, last: Queued | null): Queued | undefined {
    const ready = [...this.#ready(mayGo)];
    return (ready.find(({ waiting }) => waiting !== last) ?? ready[0])?.waiting;
  }

  /**
   * Monotonic instant from which `first` may name something when each operation opens as told: 0 at
   * once, `Infinity` when a reading must end first or nothing is staged.
   */
  opensAt(opensAt: (operation: OperationName) => number): number {
    const now = this.#parts.now();
    const [ready] = this.#ready((operation) => opensAt(operation) <= now);
    if (ready !== undefined) return 0;
    const times = this.#staged.map((one) =>
      Math.max(this.#readyAt(one), opensAt(one.waiting.shelf.operation)),
    );
    // What is ready and not named stands behind one that shares a target and is not.
    return Math.min(Infinity, ...times.filter((at) => at > now));
  }

  /** Takes one for its call; what was read of it, if the reading ended. */
  take(waiting: Queued): Prepared {
    const staged = this.#staged.find((one) => one.waiting === waiting);
    if (staged === undefined) return UNPREPARED;
    this.#staged = this.#staged.filter((one) => one !== staged);
    const before = staged.reading?.evidence ?? null;
    staged.reading?.callOff();
    for (const other of this.#sharing(staged.targets)) this.park(other.waiting, other.shared);
    return { before, evidenceAt: before === null ? null : staged.evidenceAt };
  }

  /** Puts one aside until the target is free; its reading is thrown away. */
  park(waiting: Queued, target: string): void {
    this.#keepOnly((one) => one.waiting !== waiting);
    this.#parts.queue.park(waiting, target);
  }

  /** Takes one out that will not be called here; those that share a target with it may go on. */
  drop(waiting: Queued): void {
    this.#keepOnly((one) => one.waiting !== waiting);
  }

  /** Drops those that wait no more: they expired or were forgotten. */
  dropGone(): void {
    this.#keepOnly(({ waiting }) => waiting.place === "staged");
  }

  /** Puts all back into the queue. */
  clear(): void {
    const waiting = this.#staged.map((one) => one.waiting);
    this.#keepOnly(() => false);
    for (const one of waiting) if (one.place === "staged") this.#parts.queue.unstage(one);
  }

  #makeRoomFor(head: Queued): boolean {
    const { operation } = head.shelf;
    const peers = this.#staged.filter(({ waiting }) => waiting.shelf.operation === operation);
    if (peers.length < this.#parts.windowOf(operation)) return true;
    const last = peers.at(-1);
    if (last === undefined || !goesBefore(head, last.waiting)) return false;
    this.#keepOnly((one) => one !== last);
    this.#parts.queue.unstage(last.waiting);
    return true;
  }

  #stage(head: Queued): void {
    const { queue, prepare, now } = this.#parts;
    queue.stage(head);
    const staged: Staged = {
      waiting: head,
      targets: targetsOf(head.received.request.operation),
      applies: prepare.applies(head.received),
      reading: null,
      since: now(),
      evidenceAt: 0n,
    };
    const at = this.#staged.findIndex(({ waiting }) => goesBefore(head, waiting));
    this.#staged.splice(at === -1 ? this.#staged.length : at, 0, staged);
    this.#read(staged);
  }

  /** Begins its reading, unless it could not tell anything. */
  #read(staged: Staged): void {
    if (!staged.applies) return;
    const { prepare, now, onRead, onFailure, position } = this.#parts;
    staged.evidenceAt = position();
    const { received } = staged.waiting;
    staged.reading = new Reading(async (signal) => prepare.read(received, signal), now);
    staged.reading.ended.then(onRead).catch(onFailure);
  }

  /** Those that may be taken, in order. Old readings are made anew on the way. */
  *#ready(mayGo: (operation: OperationName) => boolean): Generator<Staged> {
    const passedOver = new Set<string>();
    for (const staged of [...this.#staged]) {
      if (!mayGo(staged.waiting.shelf.operation)) continue;
      this.#renew(staged);
      const isBehind = passedOver.size > 0 && staged.targets.some((one) => passedOver.has(one));
      if (!isBehind && this.#readyAt(staged) <= this.#parts.now()) yield staged;
      else for (const target of staged.targets) passedOver.add(target);
    }
  }

  #readyAt({ applies, reading, since }: Staged): number {
    if (!applies || (reading !== null && reading.evidence !== null)) return 0;
    return this.#parts.prepare.mode === "auto" ? since + PATIENCE_MS : Infinity;
  }

  #renew(staged: Staged): void {
    const now = this.#parts.now();
    if (staged.reading === null || staged.reading.endedAt + KEEPS_MS > now) return;
    staged.since = now;
    this.#read(staged);
  }

  /** Those that share a target with a call, and one that they share. */
  #sharing(targets: readonly string[]): readonly { waiting: Queued; shared: string }[] {
    const wanted = new Set(targets);
    return this.#staged.flatMap(({ waiting, targets: own }) => {
      const shared = own.find((target) => wanted.has(target));
      return shared === undefined ? [] : [{ waiting, shared }];
    });
  }

  #keepOnly(wanted: (staged: Staged) => boolean): void {
    for (const one of this.#staged) if (!wanted(one)) one.reading?.callOff();
    this.#staged = this.#staged.filter(wanted);
  }
}
