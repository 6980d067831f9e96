import type { RetryConfig } from "../config/config.ts";

/** The longest named delay that is obeyed: a slip of the provider's clock must not park a request. */
const LONGEST_NAMED_MS = 120_000;

/**
 * How long to wait before the next call of a request, in milliseconds.
 *
 * Full jitter: anywhere between nothing and the exponential ceiling, so that requests that failed
 * together do not come back together. A delay that the provider names is the least that is waited,
 * up to two minutes, with jitter only on top; it never shortens the ordinary one.
 *
 * `attempts` counts the calls made so far, `random` gives numbers in [0, 1).
 */
export function retryDelayMs(
  retry: RetryConfig,
  attempts: number,
  askedForMs: number | null,
  random: () => number,
): number {
  const ceiling = Math.min(retry.maxDelayMs, retry.firstDelayMs * 2 ** (attempts - 1));
  const share = random();
  const ordinary = share * ceiling;
  if (askedForMs === null) return ordinary;
  return Math.max(ordinary, Math.min(askedForMs, LONGEST_NAMED_MS) + share * retry.firstDelayMs);
}
