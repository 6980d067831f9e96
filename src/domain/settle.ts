import type { TargetEnd } from "./call-end.ts";
import type { OutcomeStatus, Reason } from "./outcome.ts";

/** What is known about a call when its targets are counted together. */
export interface Settlement {
  readonly status: OutcomeStatus;
  readonly reason: Reason | null;
}

/**
 * What told the ends of the targets: the provider's answer to the call itself, the job that the call
 * had started, the runs themselves, or readings of the provider's state after an uncertain call.
 */
export type SettledBy = "answer" | "job" | "runs" | "evidence";

/** The reason of a call of which no target succeeded, and what happened to such a target. */
const NONE_SUCCEEDED = {
  answer: { code: "TARGETS_FAILED", failed: "were not run again" },
  job: { code: "JOB_FAILED", failed: "were not run again" },
  runs: { code: "TARGETS_FAILED", failed: "were not run again or did not end well" },
  evidence: { code: "NOT_EXECUTED", failed: "were not run again, as their state shows" },
} as const satisfies Readonly<Record<SettledBy, object>>;

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
    const message = `${unknown} of ${all} targets: it is not known whether they were run again. ${firstMessage(targets, "UNKNOWN")}`;
    return { status: "UNKNOWN", reason: { code: "CALL_UNCERTAIN", message: message.trimEnd() } };
  }
  const { code, failed } = NONE_SUCCEEDED[by];
  const message =
    `${all - succeeded} of ${all} targets ${failed}. ${firstMessage(targets, "FAILED")}`.trimEnd();
  return succeeded > 0
    ? { status: "PARTIALLY_SUCCEEDED", reason: { code: "TARGETS_FAILED", message } }
    : { status: "FAILED", reason: { code, message } };
}

function firstMessage(targets: readonly TargetEnd[], status: TargetEnd["status"]): string {
  const first = targets.find((t) => t.status === status && t.message !== null);
  return first === undefined ? "" : `${first.target}: ${first.message ?? ""}`;
}
