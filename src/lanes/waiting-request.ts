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

/** How a record came. Those of one batch have it in common, unless they are traced. */
export interface Arrival {
  readonly topic: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
}

interface Calls {
  readonly attempts: number;
  readonly calledAt: number | null;
}

const NO_CALLS: Calls = { attempts: 0, calledAt: null };

/** How a record came; `like` when that is the same. */
export function arrivalOf(received: ReceivedRequest, like: Arrival | null): Arrival {
  const { source, receivedAt, trace } = received;
  const { topic } = source;
  const isSame = like?.topic === topic && like.receivedAt === receivedAt && like.trace === trace;
  return isSame ? like : { topic, receivedAt, trace };
}

/**
 * A request in the hands of a lane. It exists once, however often it comes back.
 *
 * Hundreds of thousands may wait: beside what ordering needs it keeps the request packed, and
 * unpacked only from `open` to `rest`; what most do not have takes one field, and what many have in
 * common is one object (docs/decisions/0006).
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
  shelf: S;
  place: Place = "due";
  /** Monotonic milliseconds before which a delayed one does not go; of an early one `notBefore`. */
  dueAt = 0;
  readonly partition: number;
  /** As a number while that is exact, which is all that Kafka ever reached: it weighs nothing. */
  readonly offset: number | bigint;
  /** Positions in the heaps that it stands in, -1 for none: among the due, by time. */
  dueAs = -1;
  timedAs = -1;
  /** `notAfter`, and the position in the heap of those that have one. */
  readonly #expiry: { readonly at: number; position: number } | null;
  readonly #packed: string;
  readonly #arrival: Arrival;
  #calls: Calls = NO_CALLS;
  #unpacked: ReceivedRequest | null = null;

  constructor(
    received: ReceivedRequest,
    { sequence, shelf, arrival }: { sequence: number; shelf: S; arrival: Arrival },
  ) {
    const { request, source } = received;
    this.sequence = sequence;
    this.rank = PRIORITIES.indexOf(request.priority);
    this.level = this.rank;
    this.#expiry = request.notAfter === null ? null : { at: request.notAfter, position: -1 };
    this.partition = source.partition;
    this.offset = source.offset > Number.MAX_SAFE_INTEGER ? source.offset : Number(source.offset);
    this.shelf = shelf;
    this.#packed = shelf.packing.pack(request);
    this.#arrival = arrival;
  }

  /** Milliseconds since the epoch after which it must not be called. */
  get notAfter(): number | null {
    return this.#expiry?.at ?? null;
  }

  /** Position in the heap of those that expire, -1 for none. */
  get expiryAs(): number {
    return this.#expiry?.position ?? -1;
  }

  set expiryAs(position: number) {
    if (this.#expiry !== null) this.#expiry.position = position;
  }

  /** Calls made for it that surely did not execute. */
  get attempts(): number {
    return this.#calls.attempts;
  }

  set attempts(attempts: number) {
    if (attempts !== this.attempts) this.#calls = { ...this.#calls, attempts };
  }

  /** Start of its last call, milliseconds since the epoch. */
  get calledAt(): number | null {
    return this.#calls.calledAt;
  }

  set calledAt(calledAt: number | null) {
    this.#calls = { ...this.#calls, calledAt };
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
    const { topic } = this.#arrival;
    return { topic, partition: this.partition, offset: BigInt(this.offset) };
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
    const { receivedAt, trace } = this.#arrival;
    return { request, source: this.source, receivedAt, trace };
  }
}

/** The lane's order: by level, among equals by fairness, then by arrival. */
export function goesBefore(a: WaitingRequest, b: WaitingRequest): boolean {
  if (a.level !== b.level) return a.level > b.level;
  return a.tag === b.tag ? a.sequence < b.sequence : a.tag < b.tag;
}
