import type { TargetEnd } from "./call-end.ts";
import type { OutcomeStatus, Reason } from "./outcome.ts";

/** What is known about a call when its targets are counted together. */
export interface Settlement {
  readonly status: OutcomeStatus;
  readonly reason: Reason | null;
}

/** What ended: the provider's answer to the call itself, or an asynchronous job it had started. */
export type SettledBy = "answer" | "job";

/**
 * The status of a called request from the ends of its targets (contract, "Status of a called
 * request"): all succeeded → `SUCCEEDED`; else any unknown → `UNKNOWN`; else none succeeded →
 * `FAILED`; else `PARTIALLY_SUCCEEDED`.
 */
export function settle(targets: readonly TargetEnd[], by: SettledBy): Settlement {
  const count = (status: TargetEnd["status"]) => targets.filter((t) => t.status === status).length;
  const succeeded = count("SUCCEEDED");
  const unknown = count("UNKNOWN");
  const all = targets.length;
  if (succeeded === all) return { status: "SUCCEEDED", reason: null };
  if (unknown > 0) {
    const message = `${unknown} of ${all} targets: the provider did not say whether they were run again. ${firstMessage(targets, "UNKNOWN")}`;
    return { status: "UNKNOWN", reason: { code: "CALL_UNCERTAIN", message: message.trimEnd() } };
  }
  const message = `${all - succeeded} of ${all} targets were not run again. ${firstMessage(targets, "FAILED")}`;
  if (succeeded > 0) {
    return {
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED", message: message.trimEnd() },
    };
  }
  const code = by === "job" ? "JOB_FAILED" : "TARGETS_FAILED";
  return { status: "FAILED", reason: { code, message: message.trimEnd() } };
}

function firstMessage(targets: readonly TargetEnd[], status: TargetEnd["status"]): string {
  const first = targets.find((t) => t.status === status && t.message !== null);
  return first === undefined ? "" : `${first.target}: ${first.message ?? ""}`;
}
