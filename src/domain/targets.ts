import { assertNever } from "./assert-never.ts";
import type { Operation } from "./operation.ts";

/**
 * What an operation runs again, in the spelling that outcomes use: instance key,
 * `<taskId>_<curRunDate>`, workflow execution id, DataWorks instance id, DMS dagInstanceId.
 *
 * In the requested order, each once: asking for one instance twice in one call is one rerun.
 */
export function targetsOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
      return distinct(operation.instanceKeys);
    case "TencentRerunScheduleInstances":
      return distinct(
        operation.instances.map(({ taskId, curRunDate }) => `${taskId}_${curRunDate}`),
      );
    case "TencentRerunTriggerWorkflowRun":
      return [operation.workflowExecutionId];
    case "DataWorksRerunTaskInstances":
      return distinct(operation.instanceIds);
    case "DmsRerunTaskFlowInstance":
      return [operation.dagInstanceId];
    default:
      return assertNever(operation);
  }
}

/** The same operation with its lists of targets sorted and without repetitions. */
export function withSortedTargets(operation: Operation): Operation {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
      return { ...operation, instanceKeys: distinct(operation.instanceKeys).toSorted() };
    case "TencentRerunScheduleInstances":
      return { ...operation, instances: sortedInstances(operation.instances) };
    case "DataWorksRerunTaskInstances":
      return { ...operation, instanceIds: distinct(operation.instanceIds).toSorted() };
    case "TencentRerunTriggerWorkflowRun":
    case "DmsRerunTaskFlowInstance":
      return operation;
    default:
      return assertNever(operation);
  }
}

function distinct(values: readonly string[]): readonly string[] {
  return new Set(values).size === values.length ? values : [...new Set(values)];
}

function sortedInstances<T extends { readonly taskId: string; readonly curRunDate: string }>(
  instances: readonly T[],
): readonly T[] {
  const byKey = new Map(instances.map((one) => [`${one.taskId}_${one.curRunDate}`, one]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
