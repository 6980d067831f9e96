import { MODES, type ModeName, PLAYS } from "./modes.ts";

/** One mode's part in a run. */
export interface Act {
  readonly mode: ModeName;
  readonly ms: number;
  readonly requests: number;
}

/** What a run is made of. */
export interface Plan {
  readonly seed: number;
  readonly acts: readonly Act[];
  /** Whether every act comes to its rest before the next one begins. */
  readonly isUnhurried: boolean;
  /** How long no outcome may come while there is work, once nothing is broken any more. */
  readonly stillMs: number;
  /** Nothing goes on for longer than this. */
  readonly endWithinMs: number;
}

export interface PlanOptions {
  readonly seed: number;
  /** Null: all of them, in turn. */
  readonly only: ModeName | null;
  readonly isLong: boolean;
  /** How long a long run is to take, about. */
  readonly minutes: number;
}

const SHORT = { ms: 128_000, requests: 320 };
const REQUESTS_A_MINUTE = 105;
/** What goes by in start and judging, and after each act until the last call is judged. */
const AROUND_MS = 25_000;
const REST_MS = 48_000;
/** Of a long run's time, what its acts get at the least; then it takes longer than was asked for. */
const LEAST_SHARE = 0.5;
/** Evidence that a call did not run takes 30 s, and whoever looks for it may have died just before. */
const SHORT_STILL_MS = 80_000;
const LONG_STILL_MS = 150_000;
/** A mode alone is not worth the start for less. */
const LEAST_MS = 15_000;

/** Shares time and requests out among the modes. */
export function planOf({ seed, only, isLong, minutes }: PlanOptions): Plan {
  const wholeMs = minutes * 60_000;
  const leftMs = wholeMs - AROUND_MS - MODES.length * REST_MS;
  const ms = isLong ? Math.max(leftMs, wholeMs * LEAST_SHARE) : SHORT.ms;
  const requests = isLong ? minutes * REQUESTS_A_MINUTE : SHORT.requests;
  const modes = MODES.filter((mode) => only === null || mode === only);
  const whole = MODES.reduce((sum, mode) => sum + PLAYS[mode].weight, 0);
  const acts = modes.map((mode): Act => {
    const share = PLAYS[mode].weight / whole;
    return {
      mode,
      ms: Math.max(only === null ? 0 : LEAST_MS, ms * share),
      requests: Math.ceil(requests * share),
    };
  });
  const stillMs = isLong ? LONG_STILL_MS : SHORT_STILL_MS;
  const endWithinMs = isLong ? wholeMs * 1.5 + 600_000 : 420_000;
  return { seed, acts, isUnhurried: isLong, stillMs, endWithinMs };
}
