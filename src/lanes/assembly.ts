import type { Part } from "./bisection.ts";
import type { Queued } from "./request-queue.ts";

/** How much goes into one call. */
export interface AssemblyLimits {
  /** Distinct targets of requests that are joined; 1: none are. */
  readonly maxInstances: number;
  /** What the records about a call may weigh together, roughly, in bytes. */
  readonly maxBytes: number;
}

/** A request that may go into a call. */
export interface Candidate {
  readonly waiting: Queued;
  readonly targets: readonly string[];
  /** With whom alone it goes; null: with anybody that fits. */
  readonly part: Part | null;
}

/** What a CLAIM says of a request beside itself (measured): its id, its digest, its record's place. */
const BYTES_PER_REQUEST = 350;
/** A target's name, and what was read of it. */
const BYTES_PER_TARGET = 200;

/**
 * Requests that are put together for one call: the first one, whatever it asks for, and those that
 * fit to it. All are of one shelf.
 */
export class Assembly {
  /** In the order in which they came. */
  #candidates: readonly Candidate[];
  #targets: ReadonlySet<string>;
  readonly #limits: AssemblyLimits;
  readonly #part: Part | null;
  readonly #isAlone: boolean;
  #bytes: number;

  constructor(head: Candidate, limits: AssemblyLimits) {
    const { targets, part } = head;
    this.#candidates = [head];
    this.#targets = new Set(targets);
    this.#limits = limits;
    this.#part = part;
    this.#bytes = bytesOf(head);
    this.#isAlone = limits.maxInstances === 1 || targets.length > limits.maxInstances;
  }

  /** In the order in which they came. */
  get members(): readonly Queued[] {
    return this.#candidates.map(({ waiting }) => waiting);
  }

  /** Of its members, and of nobody else: whoever shares one waits for the call. */
  get targets(): ReadonlySet<string> {
    return this.#targets;
  }

  /** Whether anything may still fit. */
  hasRoom(): boolean {
    return !this.#isAlone && this.#bytes < this.#limits.maxBytes;
  }

  /** Takes one in, if it fits. */
  offer(candidate: Candidate): boolean {
    const { targets, part } = candidate;
    if (!this.hasRoom() || part !== this.#part) return false;
    const all = new Set([...this.#targets, ...targets]);
    const bytes = this.#bytes + bytesOf(candidate);
    if (all.size > this.#limits.maxInstances || bytes > this.#limits.maxBytes) return false;
    this.#candidates = [...this.#candidates, candidate];
    this.#bytes = bytes;
    this.#targets = all;
    return true;
  }

  /** Takes one in whose targets are all here, so that nothing else would be called for it. */
  join(candidate: Candidate): boolean {
    return candidate.targets.every((one) => this.#targets.has(one)) && this.offer(candidate);
  }

  /** Takes another one's members in, all of them or none. */
  unite(other: Assembly): boolean {
    const all = new Set([...this.#targets, ...other.targets]);
    const bytes = this.#bytes + other.#bytes;
    if (this.#isAlone || other.#isAlone || other.#part !== this.#part) return false;
    if (all.size > this.#limits.maxInstances || bytes > this.#limits.maxBytes) return false;
    this.#candidates = [...this.#candidates, ...other.#candidates];
    this.#bytes = bytes;
    this.#targets = all;
    return true;
  }

  /** One of them does not go with the others after all. */
  leave(waiting: Queued): void {
    this.#candidates = this.#candidates.filter((one) => one.waiting !== waiting);
    this.#targets = new Set(this.#candidates.flatMap(({ targets }) => targets));
    this.#bytes = this.#candidates.reduce((sum, one) => sum + bytesOf(one), 0);
  }
}

function bytesOf({ waiting, targets }: Candidate): number {
  return waiting.packedBytes + BYTES_PER_REQUEST + targets.length * BYTES_PER_TARGET;
}
