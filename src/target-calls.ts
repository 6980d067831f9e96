import type { RerunCall } from "./domain/provider.ts";

/**
 * A run of a call may show this long after the call was concluded: as long as missing traces prove
 * nothing (30 s), and a reading before the next call may be as old again.
 */
const TRACES_COME_WITHIN_MS = 60_000;
/** How often what cannot matter any more is looked for. */
const SWEEP_EVERY_MS = 1000;

/** One call, from its begin until its run can no longer be taken for another call's. */
interface Trail {
  readonly targets: readonly string[];
  readonly begunAt: number;
  /** Monotonic; `Infinity` while it is called, judged or followed. */
  endsAt: number;
}

/**
 * The calls of one connection by their targets, as long as their runs may show up: one rerun must
 * not be evidence for two calls.
 */
export class TargetCalls {
  readonly #now: () => number;
  readonly #trails = new Map<string, Trail>();
  readonly #byTarget = new Map<string, Set<Trail>>();
  #sweptAt = 0;

  /** `now` gives monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A call is about to be made. */
  begin({ claimId, targets }: Pick<RerunCall, "claimId" | "targets">): void {
    this.#sweep();
    const trail: Trail = { targets, begunAt: this.#now(), endsAt: Infinity };
    this.#trails.set(claimId, trail);
    for (const target of targets) {
      const trails = this.#byTarget.get(target) ?? new Set();
      this.#byTarget.set(target, trails.add(trail));
    }
  }

  /** It surely did not run. */
  leftNone(claimId: string): void {
    const trail = this.#trails.get(claimId);
    if (trail !== undefined) this.#forget(claimId, trail);
  }

  /** Nobody judges or follows it any more; its run may still show for a while. */
  concluded(claimId: string): void {
    const trail = this.#trails.get(claimId);
    if (trail !== undefined) trail.endsAt = this.#now() + TRACES_COME_WITHIN_MS;
  }

  /** Whether a call of the target is being made, judged or followed. */
  isOpen(target: string): boolean {
    return [...(this.#byTarget.get(target) ?? [])].some(({ endsAt }) => endsAt === Infinity);
  }

  /** Whether a run that shows at the target since this call may be another call's. */
  hasRival(claimId: string, target: string): boolean {
    const own = this.#trails.get(claimId);
    if (own === undefined) return false;
    return [...(this.#byTarget.get(target) ?? [])].some(
      (other) => other !== own && other.endsAt > own.begunAt,
    );
  }

  /** How many calls are remembered. */
  get size(): number {
    return this.#trails.size;
  }

  #sweep(): void {
    const now = this.#now();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    for (const [claimId, trail] of this.#trails) {
      if (trail.endsAt <= now && !this.#matters(trail)) this.#forget(claimId, trail);
    }
  }

  /** Whether a call that is still open began while this one's run could show. */
  #matters({ targets, endsAt }: Trail): boolean {
    return targets.some((target) =>
      [...(this.#byTarget.get(target) ?? [])].some(
        (other) => other.endsAt === Infinity && other.begunAt < endsAt,
      ),
    );
  }

  #forget(claimId: string, trail: Trail): void {
    this.#trails.delete(claimId);
    for (const target of trail.targets) {
      const trails = this.#byTarget.get(target);
      trails?.delete(trail);
      if (trails?.size === 0) this.#byTarget.delete(target);
    }
  }
}
