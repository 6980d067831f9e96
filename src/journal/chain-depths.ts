import type { AgingSegment } from "./aging-segment.ts";
import { AgingRows, type SavedRows } from "./aging-rows.ts";
import { keyOf } from "./digest.ts";
import type { SealedAt } from "./finished-requests.ts";

/** Rows keep no larger number, and no guard allows as many. */
const DEEPEST = 127;

/**
 * How many failed reruns led to each request of one journal partition that was caused by another: 1
 * for one that was caused by a request that nothing caused, or that nobody remembers.
 */
export class ChainDepths {
  readonly #rows = new AgingRows("chains");

  /** The depth of a request that was caused by another one of its connection. */
  depthOf(provider: string, requestId: string, causedBy: string): number {
    const own = this.#known(provider, requestId);
    if (own !== null) return own;
    return Math.min(DEEPEST, (this.#known(provider, causedBy) ?? 0) + 1);
  }

  /** The request was granted, or told to be suppressed: what it causes is deeper. */
  remember(provider: string, requestId: string, causedBy: string, logTime: number): void {
    if (this.#known(provider, requestId) !== null) return;
    const value = this.depthOf(provider, requestId, causedBy);
    this.#rows.add({ key: keyOf(provider, requestId), at: logTime, value });
  }

  /** Somebody counts on depths being known this long. */
  needsWindow(windowMs: number): void {
    this.#rows.needsWindow(windowMs);
  }

  get recentCount(): number {
    return this.#rows.recentCount;
  }

  get segments(): readonly AgingSegment[] {
    return this.#rows.segments;
  }

  /** A stretch of the journal ends. */
  seal(at: SealedAt): void {
    this.#rows.seal(at);
  }

  saved(): SavedRows {
    return this.#rows.saved();
  }

  /** Begins with these. */
  restore(saved: SavedRows, segments: readonly AgingSegment[]): void {
    this.#rows.restore(saved, segments);
  }

  #known(provider: string, requestId: string): number | null {
    return this.#rows.find(keyOf(provider, requestId), -Infinity)[0]?.value ?? null;
  }
}
