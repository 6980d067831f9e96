import type { TargetEnd } from "./call-end.ts";
import type { Following } from "./following.ts";
import type { DecidedEnd } from "./verdict.ts";

/**
 * A call that the provider took and whose end is still to come: all that is needed to follow it and
 * to tell its final verdict, beside the claim itself. Plain values, so that it can be written down.
 */
export interface Taken {
  /** How the call itself ended. */
  readonly end: DecidedEnd;
  readonly following: Omit<Following, "call" | "before">;
  /** Readings of the provider's state showed that it was taken. */
  readonly reconciled: boolean;
  /** What showed that it ran, per target; empty when its answer said so. */
  readonly evidence: readonly TargetEnd[];
}
