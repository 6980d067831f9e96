import {
  fieldsOf,
  integerIn,
  objectIn,
  rowsIn,
  textIn,
} from "../../src/providers/alibaba-answer.ts";
import { LIST_OPERATION_LOGS } from "../../src/providers/alibaba-dataworks/operation-logs.ts";
import { wholeSecond } from "../../src/providers/alibaba-dms/dms-time.ts";
import { findInstance, newcomerIn } from "../../src/providers/alibaba-dms/find-instance.ts";
import { getAsyncJob, jobReadingOf } from "../../src/providers/tencent-wedata/async-job.ts";
import type { Connection } from "./connection.ts";
import { type Finding, finding } from "./finding.ts";
import type { OneTarget } from "./one-target.ts";
import { wordsOf } from "./probe.ts";
import type { WatchedRerun } from "./watch.ts";

/** What is read once after a watched rerun, where the product has an open question of its own. */
export async function checkAfterwards(
  connection: Connection,
  { call: { operation }, target }: OneTarget,
  watched: WatchedRerun,
): Promise<readonly Finding[]> {
  switch (operation.kind) {
    case "DataWorksRerunTaskInstances":
      return checkOperationLog(connection, { target, comment: operation.comment, watched });
    case "DmsRerunTaskFlowInstance":
      return checkSameInstance(connection, operation, watched);
    case "TencentRerunScheduleInstances":
      return checkOldJob(connection, operation.projectId, watched);
    case "TencentRerunTaskInstances":
    case "TencentRerunTriggerWorkflowRun":
      return [];
  }
}

/** Only an entry later than the last change is looked for; older ones are other people's. */
async function checkOperationLog(
  { probe }: Connection,
  {
    target,
    comment,
    watched: { before, calledAt },
  }: {
    readonly target: string;
    readonly comment: string | null;
    readonly watched: WatchedRerun;
  },
): Promise<readonly Finding[]> {
  if (probe.kind === "tencent-wedata") return [];
  const entry = [
    "operation log",
    "an entry of the rerun, later than the last change before",
  ] as const;
  const said = [
    "comment in the operation log",
    "it is not there, so nothing is recognised by it",
  ] as const;
  const query = { Id: target, Date: String(calledAt), PageNumber: "1", PageSize: "100" };
  const told = await probe.read({ action: LIST_OPERATION_LOGS, method: "GET", query });
  if (told.kind === "failed") {
    return [entry, said].map(([check, assumed]) =>
      finding(check, assumed, "not seen", wordsOf(told)),
    );
  }
  const paging = objectIn(fieldsOf(told.value) ?? {}, "PagingInfo") ?? {};
  const changedAt = Number(before["modifyTime"]);
  const rows = (rowsIn(paging, "OperationLogs") ?? []).filter(
    (row) => (integerIn(row, "CreateTime") ?? 0) > changedAt,
  );
  const hasComment = rows.some(
    (row) => comment !== null && (textIn(row, "OperationContent") ?? "").includes(comment),
  );
  const found = rows.length > 0;
  return [
    finding(...entry, found ? "confirmed" : "differs", `${rows.length} later entries`),
    finding(
      ...said,
      !found ? "not seen" : hasComment ? "differs" : "confirmed",
      hasComment ? "it is there" : "it is not there",
    ),
  ];
}

async function checkSameInstance(
  { probe, turns }: Connection,
  operation: Extract<OneTarget["call"]["operation"], { kind: "DmsRerunTaskFlowInstance" }>,
  { before, calledAt }: WatchedRerun,
): Promise<readonly Finding[]> {
  if (probe.kind === "tencent-wedata") return [];
  const found = (verdict: Finding["verdict"], seen: string) => [
    finding("instance id of a rerun", "the record keeps its id", verdict, seen),
  ];
  const end = await findInstance(probe.product, { operation, atMs: calledAt }, turns);
  if (end.kind === "unreadable") return found("not seen", end.message);
  const { instance } = end.value;
  const isChanged =
    instance !== null &&
    (instance.status !== before["status"] || instance.startTime !== before["startTime"]);
  if (isChanged) return found("confirmed", "the record itself ran again");
  const newcomer = newcomerIn(end.value, wholeSecond(calledAt));
  return newcomer === null
    ? found("not seen", "neither the record nor a new one shows a run")
    : found("differs", "the record is as it was, and a new manual one started since");
}

/** Should a job of 2021-08-20 be found by the read of 2025-08-06, it could be followed by it. */
async function checkOldJob(
  { probe }: Connection,
  projectId: string,
  { end }: WatchedRerun,
): Promise<readonly Finding[]> {
  if (probe.kind !== "tencent-wedata") return [];
  const found = (verdict: Finding["verdict"], seen: string) => [
    finding("AsyncActionId in GetOpsAsyncJob", "no job is found by it", verdict, seen),
  ];
  const jobId = end.kind === "accepted" ? end.asyncJobId : null;
  if (jobId === null) return found("not seen", "the answer told no AsyncActionId");
  const told = await probe.read(getAsyncJob({ jobId, scope: { projectId } }));
  if (told.kind === "failed") {
    const isTold = told.end.providerErrorCode !== null && told.end.kind !== "throttled";
    return found(isTold ? "confirmed" : "not seen", wordsOf(told));
  }
  const reading = jobReadingOf(told.value);
  return reading === null
    ? found("confirmed", "an answer that shows no job")
    : found("differs", `a job that is ${reading.status}`);
}
