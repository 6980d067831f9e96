import { admit, type Connection } from "../admission/admit.ts";
import type { Verdict } from "../domain/outcome.ts";
import type { RerunRequest } from "../domain/rerun-request.ts";
import { targetsOf } from "../domain/targets.ts";
import { verdictOfExhausted } from "../domain/verdict.ts";
import type { Entry } from "../journal/claim-entry.ts";

/** What is known of a request that nobody holds. */
export interface Undecided {
  readonly request: RerunRequest;
  /** What the journal knows of it; null: nothing. */
  readonly entry: Entry | null;
  /** The connection that it names, if it is configured. */
  readonly connection: (Connection & { readonly maxAttempts: number }) | undefined;
  /** The names of all configured connections. */
  readonly configured: readonly string[];
  /** Milliseconds since the epoch. */
  readonly epoch: number;
  /** For how long the requests topic keeps a record. */
  readonly requestsRetentionMs: number;
}

/** The journal keeps no more of the last call than its words. */
const UNTRACED = { providerRequestId: null, providerErrorCode: null };

/** The verdict on a request that is not to be called (again); null when it goes to its lane. */
export function verdictBeforeCall(undecided: Undecided): Verdict | null {
  const { request, entry, connection } = undecided;
  const { tries = 0, releasedWhy = null, leftOut = [] } = entry ?? {};
  const verdict = admit(undecided);
  if (verdict !== null || connection === undefined || tries < connection.maxAttempts) {
    return verdict;
  }
  const last = { message: releasedWhy ?? "", ...UNTRACED };
  return verdictOfExhausted(last, targetsOf(request.operation), tries, leftOut);
}
