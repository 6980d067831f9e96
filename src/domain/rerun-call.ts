import type { Operation } from "./operation.ts";

/** One call as it goes to a provider: an operation with all its targets. */
export interface RerunCall {
  readonly claimId: string;
  readonly operation: Operation;
  /** The operation's targets in the spelling that outcomes use. */
  readonly targets: readonly string[];
}
