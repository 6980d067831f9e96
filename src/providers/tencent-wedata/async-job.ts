import type { AsyncJob, CallEnd } from "../../domain/call-end.ts";
import { dataOf, numberOf, textOf, traceOf } from "./answer.ts";
import type { WedataAction } from "./sdk.ts";

/** The API's action name (the page of the rerun calls it GetAsyncJob). */
export const GET_ASYNC_JOB = "GetOpsAsyncJob";

/**
 * What the answer of a rerun that starts a job means: with an async id the provider took it. An
 * answer without one leaves open what happened (`Data` and `AsyncId` may be null).
 */
export function endOfStart(answer: unknown, projectId: string): CallEnd {
  const trace = traceOf(answer);
  const jobId = textOf(dataOf(answer)["AsyncId"]);
  if (jobId === null) {
    return { kind: "uncertain", message: "the answer names no asynchronous job", ...trace };
  }
  const job = { jobId, scope: { projectId } };
  return { kind: "accepted", job, asyncJobId: jobId, targets: [], ...trace };
}

/** GetOpsAsyncJob, 2025-08-06. */
export function getAsyncJob(job: AsyncJob): WedataAction {
  const parameters = { ProjectId: job.scope["projectId"], AsyncId: job.jobId };
  return { version: "2025-08-06", action: GET_ASYNC_JOB, parameters };
}

/** How a job stands. Only counters are told, of no single instance. */
export interface JobReading {
  /** `partial`: some of its operations succeeded, and which ones is not told. */
  readonly standing: "open" | "succeeded" | "failed" | "partial";
  /** The provider's word for it. */
  readonly status: string;
  readonly error: string | null;
  readonly succeeded: number | null;
  readonly total: number | null;
  /** The provider's clock, in a zone that is not told. */
  readonly createdAt: string | null;
}

/** Reads GetOpsAsyncJob's answer; null when it tells no status that is known. */
export function jobReadingOf(answer: unknown): JobReading | null {
  const data = dataOf(answer);
  const succeeded = numberOf(data["SuccessSubProcessCount"]);
  const status = textOf(data["Status"]);
  const total = numberOf(data["TotalSubProcessCount"]);
  const standing = standingOf(status, succeeded, total);
  if (standing === null || status === null) return null;
  return {
    standing,
    status,
    error: textOf(data["ErrorDesc"]),
    succeeded,
    total,
    createdAt: textOf(data["CreateTime"]),
  };
}

/** Where the counters do not go with the status, it succeeded in part, whatever that says. */
function standingOf(
  status: string | null,
  succeeded: number | null,
  total: number | null,
): JobReading["standing"] | null {
  switch (status) {
    case "INIT":
    case "RUNNING":
      return "open";
    case "SUCCESS":
      return succeeded !== null && total !== null && succeeded < total ? "partial" : "succeeded";
    case "PART_SUCCESS":
      return "partial";
    case "FAIL":
      return succeeded !== null && succeeded > 0 ? "partial" : "failed";
    default:
      return null;
  }
}
