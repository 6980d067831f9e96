const handled = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls `cleanUpNow`, which must be synchronous, when this process ends without having been asked
 * nicely: at its normal end, and on SIGINT, SIGTERM or SIGHUP when nobody else listens for them.
 * A program with signal handlers of its own keeps its way of ending. Returns the disarming.
 */
export function armLastResort(cleanUpNow: () => void): () => void {
  const onLastResort = (signal: NodeJS.Signals): void => {
    const others = process.listeners(signal).filter((listener) => listener !== onLastResort);
    if (others.some((listener) => listener.name !== onLastResort.name)) return;
    cleanUpNow();
    disarm();
    // Our listener held back the default action; the last of ours lets it happen.
    if (others.length === 0) process.kill(process.pid, signal);
  };
  const disarm = (): void => {
    process.off("exit", cleanUpNow);
    for (const signal of handled) process.off(signal, onLastResort);
  };
  process.on("exit", cleanUpNow);
  for (const signal of handled) process.on(signal, onLastResort);
  return disarm;
}
