import type { Evidence, TargetMark } from "../domain/evidence.ts";
import { joined } from "../domain/batch.ts";
import type { Operation, OperationName } from "../domain/operation.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Assembly } from "./assembly.ts";
import type { Member } from "./claim-batch.ts";
import type { Gatherer } from "./gatherer.ts";
import { PassedOver } from "./passed-over.ts";
import { Reading } from "./reading.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";
import { goesBefore } from "./waiting-request.ts";

/** How requests are read before their call. */
export interface Prepare {
  /** `auto`: a reading may be missing when the turn comes; `always`: the turn waits for it. */
  readonly mode: "auto" | "always";
  /** Whether a reading of it can tell something. */
  applies(operation: Operation): boolean;
  /** Reads its targets, as far as they can be read. Never rejects; ends soon when called off. */
  read(operation: Operation, signal: AbortSignal): Promise<Evidence>;
}

export interface PreparationParts {
  readonly prepare: Prepare;
  readonly queue: RequestQueue;
  readonly gatherer: Gatherer;
  /** How many calls of an operation are read for or have been read for at one time. */
  readonly windowOf: (operation: OperationName) => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The journal's position now: what was held before it cannot be taken for what is read after. */
  readonly position: () => bigint;
  /** A reading ended: something may be ready. */
  readonly onRead: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * How long a call waits for its reading in all when it is its turn (mode `auto`), from when the
 * reading could begin: several times a round trip with its handshakes to a far region. With a
 * backlog the window is longer than this, so that the pace never waits.
 */
const PATIENCE_MS = 1000;

/** A reading older than this is made anew: meanwhile somebody else may have run the target again. */
const KEEPS_MS = 30_000;

/** Requests near the head that will share a call. */
interface Staged {
  readonly batch: Assembly;
  /** The one of them that goes before the others: its place in the order is that of all. */
  first: Queued;
  /** Null: nothing is to be read, for it does not apply or cannot tell anything right now. */
  reading: Reading | null;
  /** The targets that are read. */
  read: ReadonlySet<string>;
  readonly applies: boolean;
  /** When the wait for its reading began, monotonic milliseconds. */
  since: number;
  /** The journal's position before the reading began. */
  evidenceAt: bigint;
}

/**
 * The requests near the head of a lane's queue, put together for their calls, and what is read of
 * them before.
 *
 * A bounded number of calls of each operation is staged: the first ones, always; what comes before
 * them takes the place of the last. Who asks for nothing but what is being read for a staged call
 * joins it. The call that is ready first by the lane's order goes, and with it as many others that
 * are ready as one call may hold. One whose reading has not ended is overtaken, but never by one that
 * shares a target with it.
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
    const { queue, now, gatherer } = this.#parts;
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const head of queue.heads(now())) {
        if (!gatherer.putAside(head) && !this.#join(head)) {
          if (!this.#makeRoomFor(head)) continue;
          this.#stage(head);
        }
        isDone = false;
      }
    }
    this.#sort();
  }

  /** The one that goes now among the operations that may; `last` only when there is no other. */
  first(mayGo: (operation: OperationName) => boolean, last: Queued | null): Queued | undefined {
    const ready = [...this.#ready(mayGo)];
    return (ready.find(({ first }) => first !== last) ?? ready[0])?.first;
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
      Math.max(this.#readyAt(one), opensAt(one.first.shelf.operation)),
    );
    // What is ready and not named stands behind one that shares a target and is not.
    return Math.min(Infinity, ...times.filter((at) => at > now));
  }

  /** How many could be called now, were it not for the pace. */
  get readyCount(): number {
    return [...this.#ready(() => true)].length;
  }

  /** Takes what `first` named for its call, and what goes with it; what was read of each. */
  take(first: Queued, mayGo: (operation: OperationName) => boolean): readonly Member[] {
    const { gatherer } = this.#parts;
    const staged = this.#staged.find((one) => one.first === first);
    if (staged === undefined) throw new Error("what is taken for its call was not staged");
    const { batch } = staged;
    const together = gatherer.isAlone ? [staged] : this.#unite(staged, mayGo);
    for (const { reading } of together) reading?.callOff();
    this.#staged = this.#staged.filter((one) => !together.includes(one));
    if (!gatherer.isAlone) gatherer.join(batch);
    this.#parkSharers(batch.targets);
    return batch.members.map((waiting) => memberOf(waiting, together));
  }

  /** One that was staged was put aside or is gone; those that were to go with it may go on. */
  left(waiting: Queued): void {
    const staged = this.#staged.find(({ batch }) => batch.members.includes(waiting));
    if (staged === undefined) return;
    this.#keepOnly((one) => one !== waiting);
    // Those of its partition that came after it stay behind it.
    const left = new PassedOver();
    left.add(targetsOf(waiting.received.request.operation));
    for (const one of staged.batch.members) {
      const targets = targetsOf(one.received.request.operation);
      if ((one.blockers ?? 0) === 0 || !left.isBehind(targets)) continue;
      left.add(targets);
      this.#keepOnly((other) => other !== one);
      this.#parts.queue.unstage(one);
    }
  }

  /** Drops those that wait no more: they expired or were forgotten. */
  dropGone(): void {
    this.#keepOnly(({ place }) => place === "staged");
  }

  /** Puts all back into the queue. */
  clear(): void {
    const waiting = this.#staged.flatMap(({ batch }) => batch.members);
    this.#keepOnly(() => false);
    for (const one of waiting) if (one.place === "staged") this.#parts.queue.unstage(one);
  }

  /** Lets it go with a staged call that makes all of its reruns, if nothing else stands between. */
  #join(head: Queued): boolean {
    const { queue, gatherer } = this.#parts;
    const candidate = gatherer.candidate(head);
    const sharing = this.#staged.findLast(({ batch }) =>
      candidate.targets.some((one) => batch.targets.has(one)),
    );
    if (sharing?.first.shelf.key !== head.shelf.key) return false;
    if (!sharing.batch.join(candidate)) return false;
    queue.stage(head);
    if (goesBefore(head, sharing.first)) sharing.first = head;
    this.#sort();
    return true;
  }

  /** What waits rises with time. */
  #sort(): void {
    this.#staged = this.#staged.toSorted((a, b) => (goesBefore(a.first, b.first) ? -1 : 1));
  }

  /** All that are ready and fit into one call with it, in order. */
  #unite(staged: Staged, mayGo: (operation: OperationName) => boolean): readonly Staged[] {
    const ready = new Set(this.#ready(mayGo));
    const left = new PassedOver();
    const together = [staged];
    for (const other of this.#staged) {
      if (other === staged) continue;
      const { batch, first } = other;
      const mayGoToo = first.shelf.key === staged.first.shelf.key && ready.has(other);
      if (mayGoToo && !left.isBehind(batch.targets) && staged.batch.unite(batch)) {
        together.push(other);
      } else {
        left.add(batch.targets);
      }
    }
    return together;
  }

  #makeRoomFor(head: Queued): boolean {
    const { operation } = head.shelf;
    const peers = this.#staged.filter(({ first }) => first.shelf.operation === operation);
    if (peers.length < this.#parts.windowOf(operation)) return true;
    const last = peers.at(-1);
    if (last === undefined || !goesBefore(head, last.first)) return false;
    const { members } = last.batch;
    this.#keepOnly((one) => !members.includes(one));
    for (const one of members) this.#parts.queue.unstage(one);
    return true;
  }

  #stage(head: Queued): void {
    const { queue, prepare, now, gatherer } = this.#parts;
    const batch = gatherer.gather(head);
    for (const one of batch.members) queue.stage(one);
    const staged: Staged = {
      ...{ batch, first: head, reading: null, read: new Set(), since: now(), evidenceAt: 0n },
      applies: prepare.applies(head.received.request.operation),
    };
    const at = this.#staged.findIndex(({ first }) => goesBefore(head, first));
    this.#staged.splice(at === -1 ? this.#staged.length : at, 0, staged);
    this.#read(staged);
  }

  /** Begins its reading, unless it could not tell anything. */
  #read(staged: Staged): void {
    if (!staged.applies) return;
    const { prepare, now, onRead, onFailure, position } = this.#parts;
    staged.evidenceAt = position();
    const operation = joined(
      staged.batch.members.map(({ received }) => received.request.operation),
    );
    staged.read = new Set(targetsOf(operation));
    staged.reading = new Reading(async (signal) => prepare.read(operation, signal), now);
    staged.reading.ended.then(onRead).catch(onFailure);
  }

  /** Those that may be taken, in order. Old readings are made anew on the way. */
  *#ready(mayGo: (operation: OperationName) => boolean): Generator<Staged> {
    const left = new PassedOver();
    for (const staged of [...this.#staged]) {
      if (!mayGo(staged.first.shelf.operation)) continue;
      this.#renew(staged);
      const { targets } = staged.batch;
      if (!left.isBehind(targets) && this.#readyAt(staged) <= this.#parts.now()) yield staged;
      else left.add(targets);
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

  /** Whoever shares a target with what is called from now on waits until that is free. */
  #parkSharers(taken: ReadonlySet<string>): void {
    for (const waiting of this.#staged.flatMap(({ batch }) => batch.members)) {
      const shared = targetsOf(waiting.received.request.operation).find((one) => taken.has(one));
      if (shared === undefined || waiting.place !== "staged") continue;
      this.#parts.queue.park(waiting, shared);
      this.left(waiting);
    }
  }

  /** Those of a call that stay keep what is read for them. */
  #keepOnly(wanted: (waiting: Queued) => boolean): void {
    for (const staged of this.#staged) {
      const { batch } = staged;
      for (const one of batch.members) if (!wanted(one)) batch.leave(one);
      const [first, ...others] = batch.members;
      if (first === undefined) staged.reading?.callOff();
      else staged.first = others.reduce((a, b) => (goesBefore(b, a) ? b : a), first);
    }
    this.#staged = this.#staged.filter(({ batch }) => batch.members.length > 0);
    this.#sort();
  }
}

/** With what was read of its own targets, as far as the readings ended. */
function memberOf(waiting: Queued, together: readonly Staged[]): Member {
  const targets = targetsOf(waiting.received.request.operation);
  const own = new Set(targets);
  const marks = new Map<string, TargetMark>();
  let evidenceAt: bigint | null = null;
  for (const { reading, read, evidenceAt: at } of together) {
    const evidence = reading?.evidence ?? null;
    if (evidence === null || !targets.some((one) => read.has(one))) continue;
    for (const one of evidence.marks) if (own.has(one.target)) marks.set(one.target, one);
    evidenceAt = evidenceAt === null || at < evidenceAt ? at : evidenceAt;
  }
  return {
    waiting,
    before: evidenceAt === null ? null : { marks: [...marks.values()] },
    evidenceAt,
  };
}
