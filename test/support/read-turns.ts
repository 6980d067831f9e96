import type { ReadTurns } from "../../src/domain/provider.ts";
import { neverAborted, openGate } from "./provider-config.ts";

/** Turns that come at once, and the actions that took one, in order. */
export interface RecordedTurns {
  readonly turns: ReadTurns;
  readonly actions: readonly string[];
}

/** Turns for reads whose pace does not matter. */
export function promptTurns(signal: AbortSignal = neverAborted): RecordedTurns {
  const actions: string[] = [];
  const take: ReadTurns["take"] = async (action, read) => {
    actions.push(action);
    return read({ gate: openGate, signal });
  };
  return { turns: { take }, actions };
}

/** Turns that never come: the wait for them is called off. */
export const noTurns: ReadTurns = {
  take: async () =>
    Promise.resolve({ kind: "unreadable", result: "unavailable", message: "no turn" }),
};
