import type { AsyncJob, JobReading, TargetEnd } from "../../domain/call-end.ts";

/** The API's action name (WeData 2025-08-06; the rerun's page calls it GetAsyncJob). */
export const GET_ASYNC_JOB = "GetOpsAsyncJob";

/** The parameters of GetOpsAsyncJob. */
export function parametersOfJob(job: AsyncJob): object {
  return { ProjectId: job.scope["projectId"], AsyncId: job.jobId };
}

interface JobData {
  readonly Status?: unknown;
  readonly ErrorDesc?: unknown;
  readonly SuccessSubProcessCount?: unknown;
  readonly TotalSubProcessCount?: unknown;
}

/**
 * How the job stands. Only counters are told, no single instance: a job that succeeded in part
 * leaves every target unknown, and one that failed but counts successes does too.
 */
export function readingOf(answer: unknown, targets: readonly string[]): JobReading {
  const data = ((answer ?? {}) as { Data?: JobData | null }).Data ?? {};
  const endAll = (status: TargetEnd["status"], message: string | null): readonly TargetEnd[] =>
    targets.map((target) => ({ target, status, message }));
  const description = typeof data.ErrorDesc === "string" ? data.ErrorDesc : null;
  switch (data.Status) {
    case "INIT":
    case "RUNNING":
      return { kind: "running" };
    case "SUCCESS":
      return { kind: "ended", failed: false, targets: endAll("SUCCEEDED", null) };
    case "FAIL":
      return Number(data.SuccessSubProcessCount ?? 0) > 0
        ? { kind: "ended", failed: true, targets: endAll("UNKNOWN", partly(data, description)) }
        : {
            kind: "ended",
            failed: true,
            targets: endAll("FAILED", description ?? "the job failed"),
          };
    case "PART_SUCCESS":
      return { kind: "ended", failed: true, targets: endAll("UNKNOWN", partly(data, description)) };
    default:
      return {
        kind: "unreadable",
        result: "uncertain",
        message: `the job's status is ${JSON.stringify(data.Status ?? null)}`,
      };
  }
}

function partly(data: JobData, description: string | null): string {
  const count = (value: unknown) =>
    typeof value === "number" ? String(value) : "an unknown number";
  const { SuccessSubProcessCount: succeeded, TotalSubProcessCount: total } = data;
  const counted = `${count(succeeded)} of ${count(total)} sub-processes succeeded, which ones is not told`;
  return description === null ? counted : `${counted}: ${description}`;
}
