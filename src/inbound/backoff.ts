/** Full jitter: anywhere between nothing and the exponential ceiling, which `capMs` bounds. */
export function jitteredDelayMs(attempt: number, firstMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, firstMs * 2 ** Math.min(attempt, 30));
}

/** Resolves after the time, or at once when the signal aborts. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
