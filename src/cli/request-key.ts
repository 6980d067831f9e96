import type { RerunRequest } from "../avro/wire-types.ts";

/**
 * The record key of a request: its connection, `/`, and the smallest of its targets, so that
 * requests about the same target stand in one partition, in their order.
 */
export function requestKeyOf({ provider, operation }: RerunRequest): string {
  const [smallest = ""] = targetsOf(operation).toSorted();
  return `${provider}/${smallest}`;
}

function targetsOf(operation: RerunRequest["operation"]): readonly string[] {
  if ("rerun.v1.TencentRerunTaskInstances" in operation) {
    return operation["rerun.v1.TencentRerunTaskInstances"].instanceKeys;
  }
  if ("rerun.v1.TencentRerunScheduleInstances" in operation) {
    const { instances } = operation["rerun.v1.TencentRerunScheduleInstances"];
    return instances.map(({ taskId, curRunDate }) => `${taskId}_${curRunDate}`);
  }
  if ("rerun.v1.TencentRerunTriggerWorkflowRun" in operation) {
    return [operation["rerun.v1.TencentRerunTriggerWorkflowRun"].workflowExecutionId];
  }
  if ("rerun.v1.DataWorksRerunTaskInstances" in operation) {
    return operation["rerun.v1.DataWorksRerunTaskInstances"].instanceIds.map(String);
  }
  return [String(operation["rerun.v1.DmsRerunTaskFlowInstance"].dagInstanceId)];
}
