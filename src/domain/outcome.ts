import type { RequestEcho, Source, TraceHeaders } from "./rerun-request.ts";

/** What became of a request. Only `ACCEPTED` is not an end. */
export type OutcomeStatus =
  | "ACCEPTED"
  | "SUCCEEDED"
  | "PARTIALLY_SUCCEEDED"
  | "FAILED"
  | "REJECTED"
  | "SUPPRESSED"
  | "EXPIRED"
  | "DRY_RUN"
  | "UNKNOWN";

export type TargetStatus = "SUCCEEDED" | "FAILED" | "SUPPRESSED" | "UNKNOWN";

/** The closed list of reasons, by the statuses that carry them. */
export const REASON_CODES = {
  REJECTED: [
    "INVALID_REQUEST",
    "UNKNOWN_PROVIDER",
    "WRONG_PROVIDER_KIND",
    "REFUSED_BY_PROVIDER",
    "NOT_PERMITTED",
    "NOT_SUPPORTED",
  ],
  SUPPRESSED: ["BUDGET_EXCEEDED", "COOLING_DOWN", "CHAIN_LIMIT"],
  EXPIRED: ["NOT_AFTER_PASSED", "RETENTION"],
  FAILED: ["NOT_EXECUTED", "RETRIES_EXHAUSTED", "JOB_FAILED", "TARGETS_FAILED"],
  PARTIALLY_SUCCEEDED: ["TARGETS_FAILED", "TARGETS_SUPPRESSED"],
  UNKNOWN: ["CALL_UNCERTAIN", "TRACKING_TIMED_OUT"],
  SUCCEEDED: [],
  ACCEPTED: [],
  DRY_RUN: [],
} as const satisfies Readonly<Record<OutcomeStatus, readonly string[]>>;

/** Every status an outcome can have. */
export const OUTCOME_STATUSES = Object.keys(REASON_CODES) as readonly OutcomeStatus[]; // its keys

/** Every code of the closed list. */
export const REASON_CODE_LIST: readonly ReasonCode[] = Object.values(REASON_CODES).flat();

export type ReasonCode = (typeof REASON_CODES)[OutcomeStatus][number];

/** Why, as a code for programs and in words that a person can act on. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
}

export interface TargetOutcome {
  readonly target: string;
  readonly status: TargetStatus;
  readonly message: string | null;
}

/** A decision about one request, before it is dressed as an outcome. */
export interface Verdict {
  readonly status: OutcomeStatus;
  readonly reason: Reason | null;
  /** One entry per target once a call was decided, none before. */
  readonly targets: readonly TargetOutcome[];
  readonly providerRequestId: string | null;
  readonly asyncJobId: string | null;
  readonly providerErrorCode: string | null;
}

/** How a request was worked until its verdict. */
export interface CallHistory {
  /** Calls made so far, refused connections included. */
  readonly attempts: number;
  /** Start of the last call in milliseconds since the epoch; null when there was none. */
  readonly calledAt: number | null;
  /** How many requests shared the call, 1 when alone. */
  readonly coalesced: number;
  /** Decided by reading the provider's state, not by its answer. */
  readonly reconciled: boolean;
}

/** The history of a request that was never called. */
export const NEVER_CALLED: CallHistory = {
  attempts: 0,
  calledAt: null,
  coalesced: 1,
  reconciled: false,
};

/** One result event, complete but for its `outcomeId`, which follows from the rest. */
export interface Outcome extends Verdict, CallHistory {
  readonly echo: RequestEcho;
  readonly source: Source;
  readonly trace: TraceHeaders | null;
  readonly receivedAt: number;
  readonly completedAt: number;
  /** Instance id and version of whoever decided. */
  readonly dispatcher: string;
}

/** A verdict that only has a status and a reason. */
export function plainVerdict(status: OutcomeStatus, reason: Reason | null = null): Verdict {
  return {
    status,
    reason,
    targets: [],
    providerRequestId: null,
    asyncJobId: null,
    providerErrorCode: null,
  };
}

/** Whether a status ends its request. */
export function isFinal(status: OutcomeStatus): boolean {
  return status !== "ACCEPTED";
}
