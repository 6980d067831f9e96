/**
 * The most events in any half-open window `[t, t + windowMs)`.
 *
 * `timesMs` ascends. Only windows that begin at an event are tried: any other can be moved right to
 * its first event without losing one.
 */
export function mostInWindow(timesMs: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  for (const [last, timeMs] of timesMs.entries()) {
    while (timeMs - (timesMs[first] ?? timeMs) >= windowMs) {
      first += 1;
    }
    most = Math.max(most, last - first + 1);
  }
  return most;
}
