import type { DmsRerunTaskFlowInstance } from "../../domain/operation.ts";
import {
  booleanIn,
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

export const LIST_TASK_FLOW_INSTANCE = "ListTaskFlowInstance";

/** One execution record of a task flow; null where nothing is told. */
export interface FlowInstance {
  readonly id: string;
  readonly status: number | null;
  /** As DMS spells times: `yyyy-MM-dd HH:mm:ss`, UTC+8. */
  readonly startTime: string | null;
  readonly endTime: string | null;
  /** Started by somebody, not by a schedule. */
  readonly isManual: boolean;
  readonly message: string | null;
}

/** Days as DMS counts them, both of them included: `yyyy-MM-dd`. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** One page of a task flow's records that started on these days; null: on any day. */
export function listTaskFlowInstance(
  { dagId, tenantId }: Pick<DmsRerunTaskFlowInstance, "dagId" | "tenantId">,
  days: Days | null,
  page: number,
): ProductAction {
  const query = {
    DagId: dagId,
    PageIndex: String(page),
    PageSize: String(PAGE_SIZE),
    ...(days === null ? {} : { StartTimeBegin: days.from, StartTimeEnd: days.to }),
    // The days are those of the start, not of the business time.
    UseBizDate: "false",
    ...(tenantId === null ? {} : { Tid: tenantId }),
  };
  return { action: LIST_TASK_FLOW_INSTANCE, method: "POST", query };
}

/** One page of records; null when the answer does not show any list. */
export function pageIn(answer: AlibabaAnswer): Page<FlowInstance> | null {
  const fields = fieldsOf(answer);
  const total = fields === null ? null : integerIn(fields, "TotalCount");
  if (fields === null || total === null || booleanIn(fields, "Success") !== true) return null;
  const list = objectIn(fields, "DAGInstanceList");
  const rows = (list === null ? null : rowsIn(list, "DAGInstance")) ?? (total === 0 ? [] : null);
  return rows === null ? null : { rows: rows.flatMap((row) => instanceOf(row) ?? []), total };
}

/**
 * How a run ended: 3 failed, 4 executed ("run successfully" in the SDK), 5 complete; null for 0
 * waiting, 1 running, 2 paused and what is not known.
 */
export function endedAs(status: unknown): "SUCCEEDED" | "FAILED" | null {
  return status === 4 || status === 5 ? "SUCCEEDED" : status === 3 ? "FAILED" : null;
}

/** Waiting or running. */
export function isUnderWay(status: number | null): boolean {
  return status === 0 || status === 1;
}

/** A state in words. */
export function wordOf(status: number | null): string {
  return WORDS[status ?? -1] ?? `in the unknown state ${String(status)}`;
}

const WORDS: readonly string[] = ["waiting", "running", "paused", "failed", "executed", "complete"];

function instanceOf(row: Fields): FlowInstance | null {
  const id = idIn(row, "Id");
  if (id === null) return null;
  return {
    id,
    status: integerIn(row, "Status"),
    // Lower-case in DMS' own model.
    startTime: textIn(row, "startTime") ?? textIn(row, "StartTime"),
    endTime: textIn(row, "EndTime"),
    isManual: integerIn(row, "TriggerType") === 1,
    message: textIn(row, "Message"),
  };
}
