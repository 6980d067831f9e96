/** Where a run stands. `skipped`: the provider ended it without running it. */
export type RunPhase = "open" | "succeeded" | "failed" | "skipped";

/**
 * The words of all reads for where a run stands; no word means two things.
 *
 * Sources: `TaskInstanceDetail` and `TriggerWorkflowRunBrief` of Tencent's SDK for 2025-08-06,
 * `InstanceDetailVO` of 2021-08-20.
 */
const PHASES: Readonly<Record<string, RunPhase>> = {
  // Task instances, 2025-08-06.
  WAIT_EVENT: "open",
  WAIT_UPSTREAM: "open",
  WAIT_RUN: "open",
  RUNNING: "open",
  FAILED_RETRY: "open",
  COMPLETED: "succeeded",
  // Its name notwithstanding, this is how a failed run ends.
  EXPIRED: "failed",
  SKIP_RUNNING: "skipped",

  // Workflow runs, 2025-08-06; RUNNING as above. Their tasks spell it SKIP.
  PENDING: "open",
  SUCCESS: "succeeded",
  FAILED: "failed",
  SKIPED: "skipped",
  SKIP: "skipped",

  // Task instances, 2021-08-20: waiting for an event, for upstream, to run.
  "0": "open",
  "12": "open",
  "6": "open",
  "7": "open",
  "9": "open",
  "10": "open",
  "18": "open",
  // Running.
  "1": "open",
  "19": "open",
  "22": "open",
  // Failed, and about to be tried again.
  "3": "open",
  "2": "succeeded",
  "8": "failed",
  "4": "failed",
  "5": "failed",
  "13": "failed",
  "21": "skipped",
};

/** The phase of a state as the provider spells it; null when it is none that is known. */
export function phaseOf(state: unknown): RunPhase | null {
  // States are the provider's text: `constructor` must not find what every object has.
  if (typeof state !== "string" || !Object.hasOwn(PHASES, state)) return null;
  return PHASES[state] ?? null;
}

/** States of a run that goes, or goes on by itself after a failure. */
const GOING = new Set(["RUNNING", "FAILED_RETRY", "1", "19", "22", "3"]);

/** Whether a run in this state has yet to begin; a state that is not known may be one of those. */
export function isWaiting(state: unknown): boolean {
  return !isAtRest(state) && !(typeof state === "string" && GOING.has(state));
}

/** Whether a run in this state goes on only if somebody starts it again. */
export function isAtRest(state: unknown): boolean {
  const phase = phaseOf(state);
  return phase !== null && phase !== "open";
}
