import type { Gate, Provider, ReadTurns } from "../domain/provider.ts";

/** How long its turn, its connection and its way through the gate may take together. */
const BEGINS_WITHIN_MS = 30_000;

/**
 * Asks a provider that failed something harmless, before a call is risked. Resolves with what is wrong
 * when it says nothing; null when it says anything, or when it cannot be asked: the day has no more
 * room for reads, or no turn came. Then a call has to find out.
 */
export async function soundOut(
  provider: Pick<Provider, "accessRead" | "checkAccess">,
  turns: ReadTurns,
): Promise<string | null> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new Error("no turn came")), BEGINS_WITHIN_MS);
  let silence: string | null = null;
  await turns
    .take(
      provider.accessRead,
      async (terms) => {
        const gate = onceThrough(terms.gate, () => clearTimeout(timer));
        const trouble = await provider.checkAccess({ ...terms, gate });
        if (trouble === null || trouble.isAnswered) return { kind: "read", value: null };
        silence = over.signal.aborted ? null : trouble.message;
        return { kind: "unreadable", result: "unavailable", message: trouble.message };
      },
      over.signal,
    )
    .finally(() => clearTimeout(timer));
  return silence;
}

function onceThrough(gate: Gate, tell: () => void): Gate {
  return {
    pass: async (signal) => {
      const leave = await gate.pass(signal);
      tell();
      return leave;
    },
  };
}
