import type { OperationName } from "../domain/operation.ts";
import {
  PRIORITIES,
  type ReceivedRequest,
  type RerunRequest,
  type Source,
  type TraceHeaders,
} from "../domain/rerun-request.ts";

/**
 * Where a request of a lane is: waiting its turn, waiting near the head and being prepared, waiting
 * out a delay, waiting for a target that is being called, with the caller, or gone.
 */
export type Place = "due" | "staged" | "delayed" | "parked" | "taken" | "gone";

/** Makes requests small while they wait. `unpack` gives back what was packed, in equal form. */
export interface Packing {
  pack(request: RerunRequest): string;
  unpack(packed: string): RerunRequest;
}

/** What the waiting requests of one operation have in common. */
export interface Shelf {
  readonly operation: OperationName;
  readonly packing: Packing;
}

/**
 * A request in the hands of a lane. It exists once, however often it comes back.
 *
 * Hundreds of thousands may wait: beside what ordering needs it keeps the request packed, and
 * unpacked only from `open` to `rest`. What those of one operation have in common is one reference.
 */
export class WaitingRequest<S extends Shelf = Shelf> {
  /** Order of arrival in the lane; a request that comes back keeps its own, unless it was a probe. */
  sequence: number;
  /** Index in PRIORITIES: higher goes first. */
  readonly rank: number;
  /** Milliseconds since the epoch after which it must not be called. */
  readonly notAfter: number | null;
  readonly source: Source;
  readonly shelf: S;
  place: Place = "due";
  /** Monotonic milliseconds before which a delayed one does not go. */
  dueAt = 0;
  /** Calls made for it that surely did not execute. */
  attempts: number;
  /** Start of its last call, milliseconds since the epoch. */
  calledAt: number | null = null;
  readonly #packed: string;
  readonly #receivedAt: number;
  readonly #trace: TraceHeaders | null;
  #unpacked: ReceivedRequest | null = null;

  /** `tries`: calls made for it before that surely did not execute. */
  constructor(received: ReceivedRequest, sequence: number, shelf: S, tries = 0) {
    this.attempts = tries;
    const { request, source, receivedAt, trace } = received;
    this.sequence = sequence;
    this.rank = PRIORITIES.indexOf(request.priority);
    this.notAfter = request.notAfter;
    this.source = source;
    this.shelf = shelf;
    this.#packed = shelf.packing.pack(request);
    this.#receivedAt = receivedAt;
    this.#trace = trace;
  }

  /** The request; the same object from `open` to `rest`. */
  get received(): ReceivedRequest {
    return this.#unpacked ?? this.#unpack();
  }

  /** It comes to where it is going to be looked at. */
  open(place: "staged" | "taken" | "gone"): void {
    this.place = place;
    this.#unpacked ??= this.#unpack();
  }

  /** It is back in the queue, and small again. */
  rest(place: "due" | "delayed" | "parked", dueAt: number): void {
    this.place = place;
    this.dueAt = dueAt;
    this.#unpacked = null;
  }

  #unpack(): ReceivedRequest {
    const request = this.shelf.packing.unpack(this.#packed);
    const [source, receivedAt, trace] = [this.source, this.#receivedAt, this.#trace];
    return { request, source, receivedAt, trace };
  }
}

/** HIGH before NORMAL before LOW; within one priority in the order of arrival. */
export function goesBefore(a: WaitingRequest, b: WaitingRequest): boolean {
  return a.rank === b.rank ? a.sequence < b.sequence : a.rank > b.rank;
}
