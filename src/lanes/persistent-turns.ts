import type { ReadEnd, ReadTurns } from "../domain/provider.ts";

/** A reading that decides something is not given up for one hiccup: it is made so often at most. */
const MOST_TRIES = 3;

/**
 * The same turns, for reads that nobody repeats: what was throttled, had no connection or no clear
 * answer is read again, when its turn comes again.
 */
export function persistentTurns(turns: ReadTurns): ReadTurns {
  return {
    take: async (action, read, signal) => {
      for (let tries = 1; ; tries += 1) {
        const end = await turns.take(action, read, signal);
        if (!mayPass(end) || tries === MOST_TRIES || signal?.aborted === true) return end;
      }
    },
  };
}

function mayPass(end: ReadEnd<unknown>): boolean {
  if (end.kind === "read") return false;
  return ["throttled", "unavailable", "uncertain"].includes(end.result);
}
