import type { Operation, OperationName } from "../domain/operation.ts";
import type { FieldReader } from "./field-reader.ts";
import { readDataWorksRerun, readDmsRerun } from "./parse-alibaba.ts";
import {
  readScheduleInstances,
  readTaskInstances,
  readTriggerWorkflowRun,
} from "./parse-tencent.ts";
import type { StringPool } from "./string-pool.ts";

/** Makes one operation of its record's fields; what is wrong goes to the reader's findings. */
export type ReadOperation = (fields: FieldReader, strings: StringPool) => Operation;

const NAMESPACE = "rerun.v1.";

const READERS: Readonly<Record<OperationName, ReadOperation>> = {
  TencentRerunTaskInstances: readTaskInstances,
  TencentRerunScheduleInstances: readScheduleInstances,
  TencentRerunTriggerWorkflowRun: readTriggerWorkflowRun,
  DataWorksRerunTaskInstances: readDataWorksRerun,
  DmsRerunTaskFlowInstance: readDmsRerun,
};

const BRANCHES = new Map(
  Object.entries(READERS).map(([name, read]) => [NAMESPACE + name, { name, read }]),
);

/** The reader for a branch of the `operation` union, by the record's full name; null when it is unknown. */
export function operationBranch(
  fullName: string,
): { readonly name: string; readonly read: ReadOperation } | null {
  return BRANCHES.get(fullName) ?? null;
}
