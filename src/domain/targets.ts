import { assertNever } from "./assert-never.ts";
import type { Operation, ScheduleInstance } from "./operation.ts";

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
      return distinct(operation.instances.map(targetOfScheduleInstance));
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

/** How a 2021 instance is spelled as a target. */
export function targetOfScheduleInstance({ taskId, curRunDate }: ScheduleInstance): string {
  return `${taskId}_${curRunDate}`;
}

/** The list with the first of each name only. */
export function distinctBy<T>(list: readonly T[], nameOf: (one: T) => string): readonly T[] {
  const seen = new Set<string>();
  return list.filter((one) => seen.size < seen.add(nameOf(one)).size);
}

function distinct(values: readonly string[]): readonly string[] {
  return new Set(values).size === values.length ? values : [...new Set(values)];
}

function sortedInstances(instances: readonly ScheduleInstance[]): readonly ScheduleInstance[] {
  const byKey = new Map(instances.map((one) => [targetOfScheduleInstance(one), one]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
