import type { Suppression } from "../../domain/guard-limits.ts";

/**
 * Why a request may not be called: too many reruns that failed led to it, each asked for because of
 * the one before. Null: it may. `depth`: 1 for a request that was caused by one that nothing caused.
 */
export function chainTooLong(
  maxChain: number,
  { depth, causedBy }: { readonly depth: number; readonly causedBy: string },
): Suppression | null {
  if (depth <= maxChain) return null;
  const message = `It was asked for because ${causedBy} failed, as number ${depth} of a chain of such reruns, and guards.maxChain is ${maxChain}: look why reruns do not help; force goes past it.`;
  return { code: "CHAIN_LIMIT", message };
}
