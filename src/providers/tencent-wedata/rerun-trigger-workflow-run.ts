import type { ExecuteType, TencentRerunTriggerWorkflowRun } from "../../domain/operation.ts";
import type { WedataAction } from "./sdk.ts";

const EXECUTE_TYPES: Readonly<Record<ExecuteType, string>> = { ORDINARY: "1", ADVANCED: "2" };

/**
 * RerunTriggerWorkflowRunAsync, 2025-08-06; optional parameters are absent when not asked for. The
 * page's example says `RerunTriggerWorkflowRun`, its table and every SDK of Tencent's this name.
 */
export function rerunTriggerWorkflowRun(operation: TencentRerunTriggerWorkflowRun): WedataAction {
  const { advancedParams, taskIds, schedulingResourceGroup, integrationResourceGroup } = operation;
  const parameters = {
    ProjectId: operation.projectId,
    WorkflowId: operation.workflowId,
    WorkflowExecutionId: operation.workflowExecutionId,
    ExecuteType: EXECUTE_TYPES[operation.executeType],
    ...(advancedParams.length === 0 ? {} : { AdvancedParams: advancedParams.map(parameterOf) }),
    ...(taskIds.length === 0 ? {} : { TaskIds: taskIds }),
    ...(schedulingResourceGroup === null
      ? {}
      : { SchedulingResourceGroup: schedulingResourceGroup }),
    ...(integrationResourceGroup === null
      ? {}
      : { IntegrationResourceGroup: integrationResourceGroup }),
  };
  return { version: "2025-08-06", action: "RerunTriggerWorkflowRunAsync", parameters };
}

function parameterOf({
  key,
  value,
  extProperties,
}: TencentRerunTriggerWorkflowRun["advancedParams"][number]): object {
  return {
    ParamKey: key,
    ParamValue: value,
    ...(extProperties === null ? {} : { ExtProperties: extProperties }),
  };
}
