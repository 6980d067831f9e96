import { ABSENCE_PROVES_AFTER_MS } from "../../src/domain/evidence.ts";

/** How fast and how long the checks look. Durations are milliseconds. */
export interface Pace {
  /** Reruns and reads together, in any second. */
  readonly perSecond: number;
  /** How long a run is watched for its end. */
  readonly watchMs: number;
  /** Between two rounds of reads while a run is watched. */
  readonly pollMs: number;
  /** How long after a call the code takes missing traces for proof. */
  readonly absenceProvesAfterMs: number;
}

/** Slow enough for the smallest edition of every cloud. */
export const GENTLE: Pace = {
  perSecond: 1,
  watchMs: 300_000,
  pollMs: 2000,
  absenceProvesAfterMs: ABSENCE_PROVES_AFTER_MS,
};
