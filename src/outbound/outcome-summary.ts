import type { Outcome } from "../domain/outcome.ts";

/** What the log tells of an outcome; labels and reasons of requesters stay out of it. */
export function outcomeSummary(outcome: Outcome): Record<string, unknown> {
  const { echo, source, status, reason, attempts, reconciled } = outcome;
  const { requestId, provider, operationName } = echo;
  const { partition, offset } = source;
  const told = { status, reason: reason?.code, attempts, reconciled };
  return { requestId, provider, operationName, at: `${partition}/${offset}`, ...told };
}
