import type { REASON_CODES } from "./outcome.ts";

/** How often one target may be run again. */
export interface BudgetLimit {
  readonly reruns: number;
  /** Within any stretch of this length, in milliseconds. */
  readonly perMs: number;
}

/** What the guards of a connection allow; null: that guard is off. */
export interface GuardLimits {
  readonly budget: BudgetLimit | null;
  /** From one rerun of a target to the next, in milliseconds. */
  readonly coolDownMs: number | null;
  /** How many reruns may follow from each other, each asked for because the one before failed. */
  readonly maxChain: number | null;
}

export type GuardCode = (typeof REASON_CODES)["SUPPRESSED"][number];

/** Why a guard forbids a rerun, as a code and in words that a person can act on. */
export interface Suppression {
  readonly code: GuardCode;
  readonly message: string;
}

/** A target that a guard keeps out of its request's call. */
export interface LeftOut extends Suppression {
  readonly target: string;
}
