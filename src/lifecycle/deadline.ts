/**
 * Waits for `work`, but no longer than `ms` and not past the abort. Resolves with whether the work
 * was done in time; late work goes on unwatched. Rejects when the work rejects in time.
 */
export async function doneWithin(
  work: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  let giveUp: () => void = () => undefined;
  const tooLate = new Promise<false>((resolve) => (giveUp = () => resolve(false)));
  const timer = setTimeout(giveUp, Math.max(0, ms));
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work.then(() => true as const), tooLate]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}
