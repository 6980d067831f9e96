import { PRIORITIES, type ReceivedRequest } from "../domain/rerun-request.ts";

/** Where a request of a lane is: waiting its turn, waiting out a delay, with the caller, or gone. */
export type Place = "due" | "delayed" | "taken" | "gone";

/** A request in the hands of a lane. It exists once, however often it comes back. */
export interface WaitingRequest {
  readonly received: ReceivedRequest;
  /** Order of arrival in the lane; a request that comes back keeps its own. */
  readonly sequence: number;
  place: Place;
  /** Monotonic milliseconds before which a delayed one does not go. */
  dueAt: number;
  /** Calls made for it that surely did not execute. */
  attempts: number;
  /** Start of its last call, milliseconds since the epoch. */
  calledAt: number | null;
}

/** HIGH before NORMAL before LOW; within one priority in the order of arrival. */
export function goesBefore(a: WaitingRequest, b: WaitingRequest): boolean {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  return rankA === rankB ? a.sequence < b.sequence : rankA > rankB;
}

function rankOf(waiting: WaitingRequest): number {
  return PRIORITIES.indexOf(waiting.received.request.priority);
}
