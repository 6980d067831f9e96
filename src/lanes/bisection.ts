import { targetsOf } from "../domain/targets.ts";
import type { Queued } from "./request-queue.ts";

/** Requests that go in one call with each other and with nobody else. */
export type Part = readonly Queued[];

/**
 * Finds out for which of its requests a call was refused as a whole: each half of them is called
 * again by itself, until the refusal can only be about one.
 *
 * Requests for the very same targets stay together: apart they would make equal calls, and get equal
 * answers.
 */
export class Bisection {
  readonly #parts = new WeakMap<Queued, Part>();

  /** With whom alone the request goes; null: with anybody that fits. */
  partOf(waiting: Queued): Part | null {
    return this.#parts.get(waiting) ?? null;
  }

  /** Halves those whose call was refused. False: they ask for one and the same, so all are refused. */
  halve(refused: Part): boolean {
    const groups = new Map<string, Queued[]>();
    for (const waiting of refused) {
      const name = targetsOf(waiting.received.request.operation).toSorted().join("\n");
      groups.set(name, [...(groups.get(name) ?? []), waiting]);
    }
    if (groups.size < 2) return false;
    const lists = [...groups.values()];
    const middle = Math.ceil(lists.length / 2);
    for (const part of [lists.slice(0, middle).flat(), lists.slice(middle).flat()]) {
      for (const waiting of part) this.#parts.set(waiting, part);
    }
    return true;
  }
}
