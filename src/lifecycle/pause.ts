/** Waits `ms` milliseconds; resolves early, with false, when the signal aborts. Leaves no timer. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(true), ms);
    const stop = () => end(false);
    const end = (isOver: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(isOver);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
