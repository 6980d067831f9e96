import type { AgingSegment } from "./aging-segment.ts";
import { AgingRows, type SavedRows } from "./aging-rows.ts";
import { targetKeyOf } from "./digest.ts";
import type { SealedAt } from "./finished-requests.ts";

/** A rerun that may still be given back. */
export interface OpenRerun {
  /** `targetKeyOf` the target. */
  readonly key: string;
  readonly claimId: string;
  /** Log time of the grant. */
  readonly at: number;
  /** How many requests of the claim hold it. */
  readonly requests: number;
  /** The call of one of its requests did not surely fail: it stays counted. */
  readonly isUsed: boolean;
}

/** What is written down of it. */
export interface SavedTargets {
  readonly open: readonly OpenRerun[];
  readonly counted: SavedRows;
}

/** A rerun, and a rerun that turned out to be none: with the time of the one that it takes back. */
const [COUNTED, GIVEN_BACK] = [1, -1];
const NEVER: readonly number[] = [];

/**
 * When each target of one journal partition's claims was run again: once per target and claim,
 * however many requests of the claim name it, from the claim's grant; not at all once it is known of
 * all of them that nothing ran.
 */
export class GuardedTargets {
  readonly #rows = new AgingRows("reruns");
  readonly #open = new Map<string, OpenRerun>();

  /** The log times of the target's reruns after `after`, oldest first. */
  rerunsOf(provider: string, target: string, after: number): readonly number[] {
    const rows = this.#rows.find(targetKeyOf(provider, target), after);
    if (rows.length === 0) return NEVER;
    const net = new Map<number, number>();
    for (const { at, value } of rows) {
      net.set(at, (net.get(at) ?? 0) + value);
    }
    const times = [...net].flatMap(([at, count]) => Array<number>(Math.max(0, count)).fill(at));
    return times.toSorted((a, b) => a - b);
  }

  /** Whether the claim has counted the target: another of its requests adds no rerun. */
  isCountedBy(provider: string, target: string, claimId: string): boolean {
    if (this.#open.size === 0) return false;
    return this.#open.get(targetKeyOf(provider, target))?.claimId === claimId;
  }

  /** A request of the claim was granted. */
  granted(provider: string, target: string, claimId: string, logTime: number): void {
    const key = targetKeyOf(provider, target);
    const open = this.#open.get(key);
    if (open?.claimId === claimId) {
      this.#open.set(key, { ...open, requests: open.requests + 1 });
      return;
    }
    this.#rows.add({ key, at: logTime, value: COUNTED });
    this.#open.set(key, { key, claimId, at: logTime, requests: 1, isUsed: false });
  }

  /** A request of the claim holds the target no more; `mayHaveRun`: its call did not surely fail. */
  left(provider: string, target: string, claimId: string, mayHaveRun: boolean): void {
    if (this.#open.size === 0) return;
    const key = targetKeyOf(provider, target);
    const open = this.#open.get(key);
    if (open?.claimId !== claimId) return;
    const isUsed = open.isUsed || mayHaveRun;
    if (open.requests > 1) {
      this.#open.set(key, { ...open, requests: open.requests - 1, isUsed });
      return;
    }
    this.#open.delete(key);
    const { at } = open;
    if (isUsed || this.#rows.remove({ key, at, value: COUNTED })) return;
    this.#rows.add({ key, at, value: GIVEN_BACK });
  }

  /** Somebody counts on reruns being known this long. */
  needsWindow(windowMs: number): void {
    this.#rows.needsWindow(windowMs);
  }

  get recentCount(): number {
    return this.#rows.recentCount;
  }

  /** How many targets are known; one that is known from several stretches counts in each. */
  get size(): number {
    return this.#rows.size;
  }

  get segments(): readonly AgingSegment[] {
    return this.#rows.segments;
  }

  /** A stretch of the journal ends. */
  seal(at: SealedAt): void {
    this.#rows.seal(at);
  }

  saved(): SavedTargets {
    const open = [...this.#open.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { open, counted: this.#rows.saved() };
  }

  /** Begins with these. */
  restore({ open, counted }: SavedTargets, segments: readonly AgingSegment[]): void {
    this.#open.clear();
    for (const one of open) this.#open.set(one.key, one);
    this.#rows.restore(counted, segments);
  }
}
