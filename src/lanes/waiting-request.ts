import type { OperationName } from "../domain/operation.ts";
import {
  PRIORITIES,
  type ReceivedRequest,
  type RerunRequest,
  type Source,
  type TraceHeaders,
} from "../domain/rerun-request.ts";
import type { Flow } from "./fair-tags.ts";

/**
 * Where a request of a lane is: before its `notBefore`, waiting its turn, waiting behind an earlier
 * one of the same target, waiting near the head and being prepared, waiting out a delay, waiting for
 * a target that is being called, with the caller, or gone.
 */
export type Place =
  "early" | "due" | "blocked" | "staged" | "delayed" | "parked" | "taken" | "gone";

/** Makes requests small while they wait. `unpack` gives back what was packed, in equal form. */
export interface Packing {
  pack(request: RerunRequest): string;
  unpack(packed: string): RerunRequest;
}

/** What the waiting requests that may share a call have in common. */
export interface Shelf {
  readonly operation: OperationName;
  readonly packing: Packing;
}

/**
 * A request in the hands of a lane. It exists once, however often it comes back.
 *
 * Hundreds of thousands may wait: beside what ordering needs it keeps the request packed, and
 * unpacked only from `open` to `rest`. What those of one shelf have in common is one reference.
 */
export class WaitingRequest<S extends Shelf = Shelf> {
  /** Order of arrival in the lane; a request that comes back keeps its own, unless it was a probe. */
  sequence: number;
  /** Index in PRIORITIES: what was asked for. */
  readonly rank: number;
  /** Index in PRIORITIES: how it is treated. Its own, or higher: it waited long, or has heirs. */
  level: number;
  /** Its place among those of one level: lower goes first. */
  tag = 0;
  /** With whom it shares the lane's turns. */
  flow: Flow | null = null;
  /** Monotonic milliseconds, whole ones, since when it could have gone. */
  since = 0;
  /** For how many of its targets somebody stands before it; null: it has no place among them. */
  blockers: number | null = null;
  /** Milliseconds since the epoch after which it must not be called. */
  readonly notAfter: number | null;
  shelf: S;
  place: Place = "due";
  /** Monotonic milliseconds before which a delayed one does not go; of an early one `notBefore`. */
  dueAt = 0;
  /** Calls made for it that surely did not execute. */
  attempts: number;
  /** Start of its last call, milliseconds since the epoch. */
  calledAt: number | null = null;
  readonly partition: number;
  /** As a number while that is exact, which is all that Kafka ever reached: it weighs nothing. */
  readonly offset: number | bigint;
  /** Positions in the heaps that it stands in, -1 for none: among the due, by time, by expiry. */
  dueAs = -1;
  timedAs = -1;
  expiryAs = -1;
  readonly #topic: string;
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
    this.level = this.rank;
    this.notAfter = request.notAfter;
    this.partition = source.partition;
    this.offset = source.offset > Number.MAX_SAFE_INTEGER ? source.offset : Number(source.offset);
    this.shelf = shelf;
    this.#topic = source.topic;
    this.#packed = shelf.packing.pack(request);
    this.#receivedAt = receivedAt;
    this.#trace = trace;
  }

  /** The request; the same object from `open` to `rest`. */
  get received(): ReceivedRequest {
    return this.#unpacked ?? this.#unpack();
  }

  /** How large it is while it waits. */
  get packedBytes(): number {
    return this.#packed.length;
  }

  get source(): Source {
    return { topic: this.#topic, partition: this.partition, offset: BigInt(this.offset) };
  }

  /** It comes to where it is going to be looked at. */
  open(place: "staged" | "taken" | "gone"): void {
    this.place = place;
    this.#unpacked ??= this.#unpack();
  }

  /** It is back in the queue, and small again. */
  rest(place: "early" | "due" | "blocked" | "delayed" | "parked", dueAt: number): void {
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

/** The lane's order: by level, among equals by fairness, then by arrival. */
export function goesBefore(a: WaitingRequest, b: WaitingRequest): boolean {
  if (a.level !== b.level) return a.level > b.level;
  return a.tag === b.tag ? a.sequence < b.sequence : a.tag < b.tag;
}
