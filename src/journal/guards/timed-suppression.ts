import type { Suppression } from "../../domain/guard-limits.ts";

/** Why a guard forbids a rerun that it will allow later. */
export interface TimedSuppression extends Suppression {
  /** From this log time on it does not, if nothing is run again until then. */
  readonly until: number;
}

/**
 * What is told of a target that guards forbid: the one that does so longest, or whoever asks again
 * after the time that is told would be turned down by the other; at equal times the first. Null:
 * none does.
 */
export function lastToEnd(forbidding: readonly (TimedSuppression | null)[]): Suppression | null {
  let last: TimedSuppression | null = null;
  for (const one of forbidding) {
    if (one !== null && (last === null || one.until > last.until)) last = one;
  }
  return last && { code: last.code, message: last.message };
}
