import { hash } from "node:crypto";
import type { RerunRequest } from "../domain/rerun-request.ts";
import { withSortedTargets } from "../domain/targets.ts";

/**
 * What makes two requests with one requestId the same: provider, operation with its targets sorted,
 * notBefore, notAfter, dryRun, force, and nothing else (contract, "A second record with a known
 * requestId"). 16 bytes of sha256, one character each.
 */
export function digestOf(request: RerunRequest): string {
  const { provider, operation, notBefore, notAfter, dryRun, force } = request;
  const parts = [provider, withSortedTargets(operation), notBefore, notAfter, dryRun, force];
  return hash16(JSON.stringify(parts, inKeyOrder));
}

/** A short key for a request among all providers'. 16 bytes of sha256, one character each. */
export function keyOf(provider: string, requestId: string): string {
  return hash16(JSON.stringify([provider, requestId]));
}

/** A short key for a target among all providers', and none that `keyOf` gives a request. */
export function targetKeyOf(provider: string, target: string): string {
  return hash16(JSON.stringify(["target", provider, target]));
}

function hash16(text: string): string {
  // Cut out of a longer string it would keep that in memory.
  return hash("sha256", text, "buffer").toString("latin1", 0, 16);
}

/** Objects with their keys sorted, so that equal contents give equal texts. */
function inKeyOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
