import type { ReceivedRequest, Source } from "../domain/rerun-request.ts";
import { digestOf } from "../journal/digest.ts";
import { RestingRequests } from "./resting-requests.ts";

/**
 * Who has the request that a record asks for.
 *
 * - `lane`: it waits for its turn, or is being called.
 * - `desk`: a call of it is being concluded, or a verdict without one is being written.
 * - `journal`: it moves on when the journal says so.
 */
export type Keeper = "lane" | "desk" | "journal";

/** The records of one requestId that are in this process's hands. */
export interface Kept {
  readonly digest: string;
  /** The record that is worked. */
  readonly first: Source;
  keeper: Keeper;
  /** The record that is worked was counted as a repetition. */
  isCounted: boolean;
  /** Further records with the same id, in their order: repeats, and such as ask for something else. */
  others: readonly ReceivedRequest[];
}

const NONE: readonly ReceivedRequest[] = Object.freeze([]);

/**
 * All records in this process's hands that are not complete, by provider and requestId.
 *
 * Most of them wait in lanes, by the hundred thousand: of those little more than their places is kept,
 * until somebody asks for one.
 */
export class KeptRequests {
  readonly #byKey = new Map<string, Kept>();
  /** With a lane, not counted, and the only record of their id. */
  readonly #resting = new RestingRequests();

  has(key: string): boolean {
    return this.#byKey.has(key) || this.#resting.has(key);
  }

  get(key: string): Kept | undefined {
    return this.#byKey.get(key) ?? this.#awake(key);
  }

  /** The first record of its id. */
  add(key: string, digest: string, first: Source): Kept {
    const kept: Kept = { digest, first, keeper: "journal", isCounted: false, others: NONE };
    this.#byKey.set(key, kept);
    return kept;
  }

  /** Another record of an id that is kept. */
  join(kept: Kept, received: ReceivedRequest): void {
    kept.others = [...kept.others, received];
  }

  /** From now on somebody else has it. Whoever holds what `get` gave must ask again. */
  entrust(key: string, keeper: Keeper): void {
    const kept = this.get(key);
    if (kept === undefined) return;
    kept.keeper = keeper;
    if (keeper !== "lane" || kept.isCounted || kept.others.length > 0) return;
    this.#byKey.delete(key);
    this.#resting.add(key, kept);
  }

  /** They are complete, or not ours any more. */
  delete(key: string): void {
    this.#byKey.delete(key);
    this.#resting.take(key);
  }

  /** How many ids are kept. */
  get size(): number {
    return this.#byKey.size + this.#resting.size;
  }

  /**
   * Forgets the record that is worked. Another one of its id that waits here takes its place, with
   * its key; null: there is none.
   */
  succeed(key: string): ReceivedRequest | null {
    const kept = this.get(key);
    this.#byKey.delete(key);
    const [successor, ...others] = kept?.others ?? NONE;
    if (successor === undefined) return null;
    const next = this.add(key, digestOf(successor.request), successor.source);
    next.others = others.length === 0 ? NONE : others;
    // It was when it came to wait behind another one of the same content.
    next.isCounted = next.digest === kept?.digest;
    return successor;
  }

  /**
   * Forgets the records of a partition that only wait for the journal. Returns the keys of which the
   * worked record was forgotten and another one is left to take its place.
   */
  forget(partition: number): readonly string[] {
    const orphaned: string[] = [];
    for (const [key, kept] of this.#byKey) {
      if (kept.others.length > 0) {
        const others = kept.others.filter(({ source }) => source.partition !== partition);
        kept.others = others.length === 0 ? NONE : others;
      }
      if (kept.first.partition !== partition || kept.keeper !== "journal") continue;
      if (kept.others.length === 0) this.#byKey.delete(key);
      else orphaned.push(key);
    }
    return orphaned;
  }

  /** The offsets of a partition whose records go on although it was lost. */
  goingOn(partition: number): ReadonlySet<bigint> {
    const offsets = new Set<bigint>();
    const sources = [...this.#byKey.values()].map(({ first }) => first);
    for (const first of [...sources, ...this.#resting.sources()]) {
      if (first.partition === partition) offsets.add(first.offset);
    }
    return offsets;
  }

  #awake(key: string): Kept | undefined {
    const resting = this.#resting.take(key);
    if (resting === undefined) return undefined;
    const kept = this.add(key, resting.digest, resting.first);
    kept.keeper = "lane";
    return kept;
  }
}

/** All records of the id, the one that is worked first. */
export function sourcesOf({ first, others }: Kept): readonly Source[] {
  return [first, ...others.map(({ source }) => source)];
}

/** Takes out the further records that ask for something else than what has this digest. */
export function takeLosers(kept: Kept, digest: string): readonly ReceivedRequest[] {
  const losing = kept.others.filter(({ request }) => digestOf(request) !== digest);
  if (losing.length > 0) kept.others = kept.others.filter((one) => !losing.includes(one));
  return losing;
}

/** Whether two places are the same record. */
export function isSameSource(a: Source, b: Source): boolean {
  return a.partition === b.partition && a.offset === b.offset && a.topic === b.topic;
}

/** What is told about a record whose id is another request's. */
export function conflictOf({ requestId }: { readonly requestId: string }): string {
  return `requestId ${requestId} stands for another request, which was asked for before`;
}
