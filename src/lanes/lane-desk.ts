import type { Evidence } from "../domain/evidence.ts";
import type { LeftOut } from "../domain/guard-limits.ts";
import type { CallHistory } from "../domain/outcome.ts";
import type { ReceivedRequest } from "../domain/rerun-request.ts";
import type { DecidedEnd, UnexecutedEnd } from "../domain/verdict.ts";
import type { FinishedCall } from "./call-once.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** A request that leaves its lane, and how it was worked there. */
export interface Worked {
  readonly received: ReceivedRequest;
  readonly history: CallHistory;
}

/** A request that was called. */
export interface Called extends Worked {
  /** Those of the call's targets that are its own. */
  readonly targets: readonly string[];
}

/** A call whose end ends its requests, unless evidence shows that it did not run. */
export type EndedCall = FinishedCall & {
  readonly end: DecidedEnd;
  /** What was read of its targets before it; null: nothing. */
  readonly before: Evidence | null;
};

/** Who takes a request back from its lane; each request exactly once. */
export interface LaneDesk {
  /** Its `notAfter` passed before it could be called (again). */
  expired(worked: Worked): void;
  /** Its record is about to be deleted from the topic, and it was not called (again) yet. */
  dying(worked: Worked): void;
  /** Its last attempt surely did not execute. */
  exhausted(worked: Worked, targets: readonly string[], end: UnexecutedEnd): void;
  /** The call of all of these was decided. The claim is the desk's from here on. */
  decided(called: readonly Called[], ended: EndedCall): void;
  /** The guards forbid to run any of its targets again. */
  suppressed(worked: Worked, forbidden: readonly LeftOut[]): void;
  /** Somebody else holds it, or has ended it. */
  elsewhere(worked: Worked): void;
  /** Whether one that comes back unexecuted is still ours to call; false: it is forgotten. */
  keeps(received: ReceivedRequest): boolean;
  /** Something threw that must not: the process cannot go on. */
  failed(error: unknown): void;
}

/** What is told of a request that leaves the lane now; `coalesced`: how many shared its call. */
export function workedOf({ received, attempts, calledAt }: WaitingRequest, coalesced = 1): Worked {
  return { received, history: { attempts, calledAt, coalesced, reconciled: false } };
}
