import type { RetryConfig } from "../config/config.ts";

/**
 * How long to wait before the next call of a request, in milliseconds.
 *
 * Full jitter: anywhere between nothing and the exponential ceiling, so that requests that failed
 * together do not come back together. A delay that the provider names is the least that is waited,
 * with jitter only on top.
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
  if (askedForMs === null) return random() * ceiling;
  return askedForMs + random() * retry.firstDelayMs;
}
