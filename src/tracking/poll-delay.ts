/** A call that is old is looked at rarely: the wait grows with its age, to this many intervals. */
const SLOWEST = 15;
/** A young one is looked at often: its waits begin with this share of the interval. */
const FASTEST = 1 / 4;
/** An answer is at most this share of its age late. */
const SHARE_OF_AGE = 1 / 4;

/**
 * How long to wait before the next poll of a followed call, in milliseconds: a quarter of its age,
 * from a quarter of the interval for young calls to fifteen intervals for old ones.
 *
 * Most operations end within seconds and some within hours. With the usual 2 s, a call is looked at
 * after half a second, every 2 s when it is 8 s old, and every 30 s from two minutes on.
 */
export function pollDelayMs(intervalMs: number, ageMs: number): number {
  return Math.min(SLOWEST * intervalMs, Math.max(FASTEST * intervalMs, SHARE_OF_AGE * ageMs));
}
