import type { RerunCall } from "./rerun-call.ts";

/**
 * What one reading told about a target, in the adapter's own words: run counters, states and times
 * as the provider spells them. Only the adapter that wrote a mark compares it.
 */
export type Mark = Readonly<Record<string, string | number | null>>;

export interface TargetMark {
  readonly target: string;
  readonly mark: Mark;
}

/**
 * What was read of a call's targets before the call, in a form that can be written down. A target
 * that could not be read is absent.
 */
export interface Evidence {
  readonly marks: readonly TargetMark[];
}

/** Whether a call made its target run again, as far as readings tell. */
export const RUN_FINDINGS = ["ran", "did-not-run", "cannot-tell"] as const;
export type RunFinding = (typeof RUN_FINDINGS)[number];

export interface TargetFinding {
  readonly target: string;
  readonly finding: RunFinding;
  /** What was seen, for people, with what weakens it. */
  readonly why: string;
}

/** A call of which nobody knows whether it ran. */
export interface Doubt {
  readonly call: RerunCall;
  /** The targets in question; the others of the call are decided. */
  readonly targets: readonly string[];
  readonly before: Evidence | null;
  /** Whole milliseconds since the call's first byte left, at the least. */
  readonly writtenAgoMs: number;
}

/**
 * Missing traces prove nothing before this long after the call: a cloud may still be working on a
 * request whose caller has given up, and an asynchronous operation leaves its trace when it starts.
 * No provider documents the time; a gateway's own limit is tens of seconds.
 */
export const ABSENCE_PROVES_AFTER_MS = 30_000;

/** The mark of one target, if it was read. */
export function markOf(evidence: Evidence | null, target: string): Mark | null {
  return evidence?.marks.find((one) => one.target === target)?.mark ?? null;
}
