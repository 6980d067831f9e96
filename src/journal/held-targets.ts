/** Who holds a target, and until when others did. Plain values, so that it can be written down. */
export interface TargetState {
  readonly target: string;
  /** The claim that holds it; null: free. */
  readonly holder: string | null;
  /** How many requests of that claim hold it. */
  readonly holds: number;
  /** The journal position behind the record that freed it last; null: never since it is known. */
  readonly freedAt: bigint | null;
  /** Log time of that, milliseconds. */
  readonly freedTime: number;
  /** Log time at which a call that may have run was concluded last; null: none is known. */
  readonly ranTime: number | null;
}

/**
 * How long a free target stays known, in log time. Readings before a call are made anew long before
 * that, so no claim in good faith refers to anything older. Part of the protocol version.
 */
const REMEMBERED_MS = 600_000;

/**
 * A run may show this long after its call was concluded: as long as missing traces prove nothing
 * (30 s), and a reading before the next call may be as old again when its claim is asked for. Part of
 * the protocol version.
 */
const TRACES_COME_WITHIN_MS = 60_000;

/**
 * The targets of one journal partition's claims: one rerun must not be evidence for two.
 *
 * A target belongs to its connection: the same name on another connection is another target.
 */
export class HeldTargets {
  /** In the order in which free ones were freed. */
  readonly #states = new Map<string, TargetState>();
  /** The free ones in that order: thousands may be held for hours, and every record looks here. */
  readonly #free = new Set<string>();
  #forgottenBefore = 0n;

  /** Whether a claim holds the target now. */
  isHeld(provider: string, target: string): boolean {
    return (this.#states.get(keyOf(provider, target))?.holder ?? null) !== null;
  }

  /**
   * Why a claim may not have the target: another claim holds it, or did so since `evidenceAt`. Null:
   * it may.
   */
  objection(
    provider: string,
    target: string,
    claim: { readonly claimId: string; readonly evidenceAt: bigint | null },
  ): "target-held" | "target-moved" | null {
    const state = this.#states.get(keyOf(provider, target));
    if (state !== undefined && state.holder !== null && state.holder !== claim.claimId) {
      return "target-held";
    }
    if (claim.evidenceAt === null) return null;
    // What was forgotten might have been held after the reading.
    const freedAt = state?.freedAt ?? this.#forgottenBefore;
    return freedAt > claim.evidenceAt ? "target-moved" : null;
  }

  /**
   * Whether a run that shows after the claim's reading may be that of an earlier call. `logTime`: of
   * the claim's grant, which comes up to `callWithinMs` after it was asked for.
   */
  hasRival(
    provider: string,
    target: string,
    { logTime, callWithinMs }: { readonly logTime: number; readonly callWithinMs: number },
  ): boolean {
    const ranTime = this.#states.get(keyOf(provider, target))?.ranTime ?? null;
    return ranTime !== null && ranTime + TRACES_COME_WITHIN_MS + callWithinMs > logTime;
  }

  /** One request of the claim holds the target. */
  hold(provider: string, target: string, claimId: string): void {
    const key = keyOf(provider, target);
    const before = this.#states.get(key);
    const holds = before?.holder === claimId ? before.holds + 1 : 1;
    const { freedAt = null, freedTime = 0, ranTime = null } = before ?? {};
    this.#states.set(key, { target: key, holder: claimId, holds, freedAt, freedTime, ranTime });
    this.#free.delete(key);
  }

  /**
   * One request of the claim holds it no more, by a record at `position` − 1. `mayHaveRun`: its call
   * was made and did not surely fail. Returns whether it is free now.
   */
  free(
    provider: string,
    target: string,
    at: {
      readonly claimId: string;
      readonly position: bigint;
      readonly logTime: number;
      readonly mayHaveRun: boolean;
    },
  ): boolean {
    const key = keyOf(provider, target);
    const before = this.#states.get(key);
    if (before?.holder !== at.claimId) return false;
    const ranTime = at.mayHaveRun ? at.logTime : before.ranTime;
    if (before.holds > 1) {
      this.#states.set(key, { ...before, holds: before.holds - 1, ranTime });
      return false;
    }
    this.#states.delete(key);
    this.#states.set(key, {
      ...{ target: key, holder: null, holds: 0, ranTime },
      ...{ freedAt: at.position, freedTime: at.logTime },
    });
    this.#free.add(key);
    return true;
  }

  /** Forgets what has been free for long. A function of the log: to be called for every record. */
  forget(logTime: number): void {
    for (const key of this.#free) {
      const { freedAt = null, freedTime = 0 } = this.#states.get(key) ?? {};
      if (freedTime + REMEMBERED_MS > logTime) return;
      this.#states.delete(key);
      this.#free.delete(key);
      if (freedAt !== null && freedAt > this.#forgottenBefore) this.#forgottenBefore = freedAt;
    }
  }

  /** How many targets are known. */
  get size(): number {
    return this.#states.size;
  }

  /** Everything that is known, in a fixed order. */
  saved(): { readonly states: readonly TargetState[]; readonly forgottenBefore: bigint } {
    return { states: [...this.#states.values()], forgottenBefore: this.#forgottenBefore };
  }

  /** Begins with what `saved` gave. */
  restore(saved: ReturnType<HeldTargets["saved"]>): void {
    this.#states.clear();
    this.#free.clear();
    for (const state of saved.states) {
      this.#states.set(state.target, state);
      if (state.holder === null) this.#free.add(state.target);
    }
    this.#forgottenBefore = saved.forgottenBefore;
  }
}

function keyOf(provider: string, target: string): string {
  return `${provider}\u0000${target}`;
}
