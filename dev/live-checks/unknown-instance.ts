import { fieldsOf } from "../../src/providers/alibaba-answer.ts";
import { getTaskInstance } from "../../src/providers/alibaba-dataworks/task-instance.ts";
import {
  listTaskFlowInstance,
  pageIn,
} from "../../src/providers/alibaba-dms/task-flow-instance.ts";
import type { AlibabaAnswer } from "../../src/providers/alibaba-sdk.ts";
import { getAsyncJob } from "../../src/providers/tencent-wedata/async-job.ts";
import { listExecutions } from "../../src/providers/tencent-wedata/instance-executions.ts";
import type { WedataAction } from "../../src/providers/tencent-wedata/sdk.ts";
import { getTaskInstance as getWedataInstance } from "../../src/providers/tencent-wedata/task-instance.ts";
import { getWorkflowRun } from "../../src/providers/tencent-wedata/workflow-run.ts";
import type { Connection } from "./connection.ts";
import { type Finding, finding, type Verdict } from "./finding.ts";
import { type Told, wordsOf } from "./probe.ts";

/** Ids that belong to nobody, in each API's spelling. */
export const NOBODYS = {
  instanceKey: "19700101000000000_1970-01-01 00:00:00",
  workflowExecutionId: "00000000-0000-0000-0000-000000000000",
  jobId: "live-check",
  /** Past 2^53, so that it also shows whether large ids are understood. */
  instanceId: "9007199254740993",
  dagId: "9007199254740993",
} as const;

/**
 * Reads what does not exist, once by every read of the kind: which code comes, and whether the
 * tables take it for trouble of the connection, which would stop every lane.
 */
export async function checkUnknown(
  connection: Connection,
  projectId: string,
): Promise<readonly Finding[]> {
  const { probe } = connection;
  if (probe.kind === "tencent-wedata") {
    const findings: Finding[] = [];
    for (const action of wedataReads(projectId)) {
      const check = `unknown thing: ${action.action} ${action.version}`;
      findings.push(refusal(check, await probe.read(action), { isTencent: true }));
    }
    return findings;
  }
  if (probe.kind === "alibaba-dataworks") {
    const told = await probe.read(getTaskInstance(NOBODYS.instanceId));
    const isEmpty = told.kind === "answered" && fieldsOf(told.value) === null;
    const check = "unknown thing: GetTaskInstance";
    if (!isEmpty) return [refusal(check, told, { isTencent: false })];
    return [finding(check, REFUSAL, "differs", "an answer that is not the API's")];
  }
  const flow = { dagId: NOBODYS.dagId, tenantId: null };
  const told = await probe.read(listTaskFlowInstance(flow, null, 1));
  return [noRecords(told)];
}

const REFUSAL = "an error with a code that is taken for refused or uncertain";

function wedataReads(projectId: string): readonly WedataAction[] {
  return [
    getWedataInstance("2025-08-06", projectId, NOBODYS.instanceKey),
    getWedataInstance("2021-08-20", projectId, NOBODYS.instanceKey),
    listExecutions(projectId, NOBODYS.instanceKey),
    getWorkflowRun(projectId, NOBODYS.workflowExecutionId),
    getAsyncJob({ jobId: NOBODYS.jobId, scope: { projectId } }),
  ];
}

function refusal(
  check: string,
  told: Told<unknown>,
  { isTencent }: { readonly isTencent: boolean },
): Finding {
  if (told.kind === "answered") return finding(check, REFUSAL, "differs", "an answer, no error");
  return finding(check, REFUSAL, verdictOf(told, isTencent), wordsOf(told));
}

/** Busy clouds and silence tell nothing; Tencent's client drops the code of any status but 200. */
function verdictOf(
  { end, status }: Extract<Told<unknown>, { kind: "failed" }>,
  isTencent: boolean,
): Verdict {
  if (end.kind === "throttled" || end.kind === "unavailable") return "not seen";
  if (end.providerErrorCode === null) {
    return isTencent && status !== null && status !== 200 ? "differs" : "not seen";
  }
  return end.kind === "refused" || end.kind === "uncertain" ? "confirmed" : "differs";
}

/** A list may also be empty. */
function noRecords(told: Told<AlibabaAnswer>): Finding {
  const check = "unknown thing: ListTaskFlowInstance";
  const assumed = `an empty list, or ${REFUSAL}`;
  if (told.kind === "failed") return finding(check, assumed, verdictOf(told, false), wordsOf(told));
  const page = pageIn(told.value);
  if (page?.total === 0) return finding(check, assumed, "confirmed", "an empty list");
  const seen = page === null ? "an answer that shows no list" : `${page.total} records`;
  return finding(check, assumed, "differs", seen);
}
