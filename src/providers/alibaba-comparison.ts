import type { TargetFinding } from "../domain/evidence.ts";

/** What two readings of one target show, before and after a call. */
export interface Comparison {
  /** `unchanged`: everything is as it was; `unclear`: neither that nor a new run. */
  readonly kind: "ran" | "unclear" | "unchanged";
  /** For people, with what weakens it. */
  readonly why: string;
}

/** No reading names who asked for a run. */
export const NOT_ONLY_OURS = "that it was this call that started it is likely, not certain";

export function ran(why: string): Comparison {
  return { kind: "ran", why: `${why}; ${NOT_ONLY_OURS}` };
}

export function unclear(why: string): Comparison {
  return { kind: "unclear", why };
}

export function unchanged(why: string): Comparison {
  return { kind: "unchanged", why };
}

export function cannotTell(target: string, why: string): TargetFinding {
  return { target, finding: "cannot-tell", why };
}
