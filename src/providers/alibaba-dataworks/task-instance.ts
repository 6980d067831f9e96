import {
  type Fields,
  fieldsOf,
  idIn,
  integerIn,
  objectIn,
  rowsIn,
  textIn,
} from "../alibaba-answer.ts";
import { type Page, PAGE_SIZE } from "../alibaba-pages.ts";
import type { ProductAction } from "../alibaba-product.ts";
import type { AlibabaAnswer } from "../alibaba-sdk.ts";

export const GET_TASK_INSTANCE = "GetTaskInstance";
export const LIST_TASK_INSTANCES = "ListTaskInstances";

/** What a read tells about one instance; null where it tells nothing. Times are milliseconds. */
export interface TaskInstance {
  readonly id: string;
  readonly status: string | null;
  /** Which run of the instance this is; the first is 1. */
  readonly runNumber: number | null;
  readonly modifyTime: number | null;
  readonly modifyUser: string | null;
  readonly startedTime: number | null;
  readonly finishedTime: number | null;
  readonly projectId: string | null;
  readonly bizdate: string | null;
}

/** Where ListTaskInstances finds an instance. */
export interface Place {
  readonly projectId: string;
  readonly bizdate: string;
}

/** One instance's state. */
export function getTaskInstance(id: string): ProductAction {
  return { action: GET_TASK_INSTANCE, method: "GET", query: { Id: id } };
}

/** One page of these instances' states; all of them stand in one place. */
export function listTaskInstances(
  { projectId, bizdate }: Place,
  ids: readonly string[],
  page: number,
): ProductAction {
  const form = {
    ProjectId: projectId,
    Bizdate: bizdate,
    Ids: `[${ids.join(",")}]`,
    PageNumber: String(page),
    PageSize: String(PAGE_SIZE),
  };
  return { action: LIST_TASK_INSTANCES, method: "POST", form };
}

/** The instance that was asked for; null when the answer does not show it. */
export function instanceIn(answer: AlibabaAnswer, id: string): TaskInstance | null {
  const fields = fieldsOf(answer);
  const row = fields === null ? null : objectIn(fields, "TaskInstance");
  const instance = row === null ? null : instanceOf(row);
  return instance?.id === id ? instance : null;
}

/** One page of instances; null when the answer does not show any list. */
export function pageIn(answer: AlibabaAnswer): Page<TaskInstance> | null {
  const fields = fieldsOf(answer);
  const paging = fields === null ? null : objectIn(fields, "PagingInfo");
  const total = paging === null ? null : integerIn(paging, "TotalCount");
  if (paging === null || total === null) return null;
  const rows = rowsIn(paging, "TaskInstances") ?? (total === 0 ? [] : null);
  return rows === null ? null : { rows: rows.flatMap((row) => instanceOf(row) ?? []), total };
}

/**
 * How a run ended (`Success`, `Failure`); null while it has not, and for a state that is not known.
 */
export function endedAs(status: unknown): "SUCCEEDED" | "FAILED" | null {
  return status === "Success" ? "SUCCEEDED" : status === "Failure" ? "FAILED" : null;
}

/** Whether this is one of the states of a run that has not ended. */
export function isUnderWay(status: string | null): boolean {
  return status !== null && UNDER_WAY.has(status);
}

const UNDER_WAY: ReadonlySet<string> = new Set([
  "NotRun",
  "Running",
  "WaitTime",
  "CheckingCondition",
  "WaitResource",
  "Checking",
]);

function instanceOf(row: Fields): TaskInstance | null {
  const id = idIn(row, "Id");
  if (id === null) return null;
  return {
    id,
    status: textIn(row, "Status"),
    runNumber: integerIn(row, "RunNumber"),
    modifyTime: integerIn(row, "ModifyTime"),
    // A user is sometimes a number.
    modifyUser: textIn(row, "ModifyUser") ?? idIn(row, "ModifyUser"),
    startedTime: integerIn(row, "StartedTime"),
    finishedTime: integerIn(row, "FinishedTime"),
    projectId: idIn(row, "ProjectId"),
    bizdate: idIn(row, "Bizdate"),
  };
}
