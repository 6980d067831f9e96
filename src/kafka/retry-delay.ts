import { setTimeout as sleep } from "node:timers/promises";

const FIRST_MS = 200;
const CEILING_MS = 5_000;

/**
 * Waits before try `attempt + 1`, with full jitter: anywhere between nothing and a ceiling that
 * doubles with every try, up to 5 s. Rejects with the signal's reason when it aborts.
 */
export async function retryDelay(attempt: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const ceilingMs = Math.min(CEILING_MS, FIRST_MS * 2 ** (attempt - 1));
  try {
    await sleep(Math.random() * ceilingMs, undefined, { signal });
  } catch {
    // Only the abort ends the sleep early, with an error of Node's instead of the reason.
    signal.throwIfAborted();
  }
}
