import type { Operation } from "../domain/operation.ts";
import type { LeftOut } from "../domain/guard-limits.ts";
import type { RerunRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { Assembly, type AssemblyLimits, type Candidate } from "./assembly.ts";
import type { Bisection } from "./bisection.ts";
import { PassedOver } from "./passed-over.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";

export interface GathererParts {
  readonly queue: RequestQueue;
  readonly bisection: Bisection;
  readonly limits: AssemblyLimits;
  /** Whether what goes now goes alone: a probe is about one request. */
  readonly isAlone: () => boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Whether the target is called, judged or followed by anybody. */
  readonly isHeld: (target: string) => boolean;
  /** Whether nobody holds the request and no verdict about it stands. */
  readonly mayClaim: (requestId: string) => boolean;
  /** Which of the request's targets the guards forbid to run again now. */
  readonly forbidden: (request: RerunRequest) => readonly LeftOut[];
  /** It is out of the queue: the guards forbid all of its targets. */
  readonly onSuppressed: (waiting: Queued, forbidden: readonly LeftOut[]) => void;
  /** It is out of the queue: somebody else has it. */
  readonly onElsewhere: (waiting: Queued) => void;
}

/**
 * So many that do not fit are looked at behind the head, and half as many for what joins in the last
 * moment: a lane may have any number of them, and each is unpacked for it.
 */
const LOOK_PAST = 100;

/** Puts together what waits now and may share a call. */
export class Gatherer {
  readonly #parts: GathererParts;

  constructor(parts: GathererParts) {
    this.#parts = parts;
  }

  /** Whether what goes now goes alone: a probe is about one request. */
  get isAlone(): boolean {
    return this.#parts.isAlone();
  }

  /** What one asks for, and with whom it may go. */
  candidate(waiting: Queued): Candidate {
    return this.#candidateOf(waiting, waiting.received.request.operation);
  }

  /** The head by itself. */
  #alone(head: Queued): Assembly {
    const { limits, isAlone } = this.#parts;
    const { maxInstances, maxBytes } = limits;
    const most = isAlone() ? 1 : maxInstances;
    return new Assembly(this.candidate(head), { maxInstances: most, maxBytes });
  }

  /**
   * The head, and what fits to it among those that wait. Those that may not be called now are put
   * where they belong; those that go are still in the queue. Whoever shares a target with one that
   * does not go stays behind it.
   */
  gather(head: Queued): Assembly {
    const assembly = this.#alone(head);
    this.#extend(assembly, LOOK_PAST, (candidate) => assembly.offer(candidate));
    return assembly;
  }

  /** Adds those that ask for nothing but what is called anyway. */
  join(assembly: Assembly): void {
    this.#extend(assembly, LOOK_PAST / 2, (candidate) => assembly.join(candidate));
  }

  /**
   * Puts one where it belongs that may not be called now: behind the call that holds one of its
   * targets, or out of the lane. False: it may be called, or what the guards leave of it.
   */
  putAside(waiting: Queued): boolean {
    const { queue, isHeld, onElsewhere } = this.#parts;
    const { requestId, operation } = waiting.received.request;
    if (!this.#parts.mayClaim(requestId)) {
      queue.drop(waiting);
      onElsewhere(waiting);
      return true;
    }
    const held = targetsOf(operation).find(isHeld);
    if (held !== undefined) {
      queue.park(waiting, held);
      return true;
    }
    // After that: what is held may still be given back, and then counts for no guard.
    const forbidden = this.#parts.forbidden(waiting.received.request);
    if (forbidden.length < targetsOf(operation).length) return false;
    queue.drop(waiting);
    this.#parts.onSuppressed(waiting, forbidden);
    return true;
  }

  #candidateOf(waiting: Queued, operation: Operation): Candidate {
    const part = this.#parts.bisection.partOf(waiting);
    return { waiting, targets: targetsOf(operation), part };
  }

  #extend(assembly: Assembly, lookPast: number, takeIn: (candidate: Candidate) => boolean): void {
    const { queue, now, mayClaim, isHeld, forbidden } = this.#parts;
    const [head, ...others] = assembly.members;
    if (head === undefined || !assembly.hasRoom()) return;
    const aside: Queued[] = [];
    const left = new PassedOver();
    for (const waiting of queue.joinable(head, now(), others)) {
      const { request } = waiting.received;
      const { operation, requestId } = request;
      const candidate = this.#candidateOf(waiting, operation);
      const { targets } = candidate;
      const isFree = mayClaim(requestId) && !targets.some(isHeld);
      const mayGo = isFree && forbidden(request).length < targets.length;
      if (!mayGo) aside.push(waiting);
      if (!mayGo || left.isBehind(targets) || !takeIn(candidate)) left.add(targets);
      if (!assembly.hasRoom() || left.count >= lookPast) break;
    }
    for (const waiting of aside) this.putAside(waiting);
  }
}
