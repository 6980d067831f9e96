import type { Operation } from "../domain/operation.ts";
import { targetsOf } from "../domain/targets.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** How many that stand behind one are looked at for what it inherits. */
const HEIRS = 256;

/** Those of one partition that share a target, in the order of their offsets; more than one. */
class Row<Q extends WaitingRequest> {
  members: Set<Q>;
  /** The last member, for most come at the end; null: to be looked for. */
  #last: Q | null;

  constructor(first: Q) {
    this.members = new Set([first]);
    this.#last = first;
  }

  get first(): Q | undefined {
    return this.members.values().next().value;
  }

  /** Takes one in at its place. */
  add(one: Q): void {
    this.#last ??= [...this.members].at(-1) ?? null;
    if (this.#last === null || isEarlier(this.#last, one)) {
      this.members.add(one);
      this.#last = one;
      return;
    }
    const all = [...this.members];
    const at = all.findIndex((other) => isEarlier(one, other));
    this.members = new Set(all.toSpliced(at, 0, one));
  }

  delete(one: Q): boolean {
    if (this.#last === one) this.#last = null;
    return this.members.delete(one);
  }
}

/**
 * Who stands before whom: of the requests of one partition that share a target, the one with the
 * lowest offset goes first, whatever else speaks for the others. Whoever stands behind somebody for
 * any of its targets is blocked.
 *
 * Only a number is kept of a target. Two targets with one number are taken for the same, which at
 * most makes a request wait for another one.
 */
export class TargetOrder<Q extends WaitingRequest> {
  readonly #byKey = new Map<number, Q | Row<Q>>();

  /** How many targets have somebody that waits for them. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Gives one its places. Returns those that it is right before where it is the first. */
  enter(one: Q, operation: Operation): readonly Q[] {
    const behindIt: Q[] = [];
    one.blockers = 0;
    for (const key of keysOf(one, operation)) {
      const row = this.#rowFor(key, one);
      if (row === null) continue;
      const before = row.first;
      row.add(one);
      const behind = row.first === one ? before : one;
      if (behind === undefined) continue;
      behind.blockers = (behind.blockers ?? 0) + 1;
      if (behind !== one) behindIt.push(behind);
    }
    return behindIt;
  }

  /** Takes its places from one. Returns those that nobody stands before any more. */
  leave(one: Q): readonly Q[] {
    if (one.blockers === null) return [];
    const freed: Q[] = [];
    for (const key of keysOf(one)) {
      const row = this.#byKey.get(key);
      if (row === one) this.#byKey.delete(key);
      if (!(row instanceof Row)) continue;
      const wasFirst = row.first === one;
      row.delete(one);
      const { first } = row;
      if (first === undefined) continue;
      if (row.members.size === 1) this.#byKey.set(key, first);
      if (!wasFirst) continue;
      first.blockers = (first.blockers ?? 0) - 1;
      if (first.blockers === 0) freed.push(first);
    }
    one.blockers = null;
    return freed;
  }

  /** All that have a place, some of them several times. */
  *all(): Generator<Q, void> {
    for (const standing of this.#byKey.values()) {
      if (standing instanceof Row) yield* standing.members;
      else yield standing;
    }
  }

  /** Those that go before one, the first of each of its targets. */
  ahead(one: Q): readonly Q[] {
    return this.#rowsOf(one)
      .map(({ first }) => first)
      .filter((first) => first !== undefined && first !== one) as Q[]; // just filtered
  }

  /** Some that stand behind one that nobody stands before. */
  *heirs(one: Q): Generator<Q, void> {
    for (const { members } of this.#rowsOf(one)) {
      let left = HEIRS;
      for (const heir of members) {
        if (heir !== one) yield heir;
        left -= 1;
        if (left < 0) break;
      }
    }
  }

  /** Begins to follow what could go right behind others. */
  follow(): Followers<Q> {
    return new Followers((one) => this.#rowsOf(one));
  }

  /** The row that one is to stand in; null when it is alone there, which is done by then. */
  #rowFor(key: number, one: Q): Row<Q> | null {
    const known = this.#byKey.get(key);
    if (known === undefined) {
      this.#byKey.set(key, one);
      return null;
    }
    if (known instanceof Row) return known;
    const row = new Row(known);
    this.#byKey.set(key, row);
    return row;
  }

  #rowsOf(one: Q): readonly Row<Q>[] {
    const rows: Row<Q>[] = [];
    for (const key of keysOf(one)) {
      const row = this.#byKey.get(key);
      if (row instanceof Row) rows.push(row);
    }
    return rows;
  }
}

/** Follows requests that go together: who has nobody left before it but those. */
class Followers<Q extends WaitingRequest> {
  readonly #rowsOf: (one: Q) => readonly Row<Q>[];
  /** How far each row has come: the last one, and those after it. */
  readonly #walks = new Map<Row<Q>, { last: Q; readonly rest: Iterator<Q> }>();
  /** In how many rows somebody has come up. */
  readonly #cameUp = new Map<Q, number>();

  constructor(rowsOf: (one: Q) => readonly Row<Q>[]) {
    this.#rowsOf = rowsOf;
  }

  /** One goes that nobody stands before but those that went; returns who comes up behind it. */
  went(one: Q): readonly Q[] {
    const free: Q[] = [];
    for (const row of this.#rowsOf(one)) {
      const next = this.#after(one, row);
      if (next === undefined) continue;
      const rows = (this.#cameUp.get(next) ?? 0) + 1;
      this.#cameUp.set(next, rows);
      if (rows === next.blockers) free.push(next);
    }
    return free;
  }

  #after(one: Q, row: Row<Q>): Q | undefined {
    let walk = this.#walks.get(row);
    if (walk === undefined) {
      const rest = row.members.values();
      const first = rest.next();
      if (first.done === true) return undefined;
      walk = { last: first.value, rest };
      this.#walks.set(row, walk);
    }
    // Somebody before it has not gone.
    if (walk.last !== one) return undefined;
    const next = walk.rest.next();
    if (next.done === true) return undefined;
    walk.last = next.value;
    return next.value;
  }
}

function isEarlier(a: WaitingRequest, b: WaitingRequest): boolean {
  if (a.partition !== b.partition) return a.partition < b.partition;
  return a.offset === b.offset ? a.sequence < b.sequence : a.offset < b.offset;
}

function keysOf(one: WaitingRequest, operation?: Operation): Iterable<number> {
  const targets = targetsOf(operation ?? one.received.request.operation);
  const keys = targets.map((target) => keyOf(one.partition, target));
  return keys.length === 1 ? keys : new Set(keys);
}

/** FNV-1a over partition and target, as a number that a map holds without a box. */
function keyOf(partition: number, target: string): number {
  let hash = Math.imul(0x811c9dc5 ^ partition, 0x01000193);
  for (let i = 0; i < target.length; i += 1) {
    hash = Math.imul(hash ^ target.charCodeAt(i), 0x01000193);
  }
  return hash;
}
