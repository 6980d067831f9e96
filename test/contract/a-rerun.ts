import type {
  DmsRerunTaskFlowInstance,
  TencentRerunScheduleInstances,
  TencentRerunTriggerWorkflowRun,
} from "../../src/domain/operation.ts";

/** The task flow of every rerun of DMS here; past 2^53, where a double would round it. */
export const DAG_ID = "9007199254740997";

const PROJECT = "1460947878944567296";

/** A rerun of WeData's first API version with nothing optional in it. */
export function aScheduleRerun(keys: readonly string[]): TencentRerunScheduleInstances {
  return {
    kind: "TencentRerunScheduleInstances",
    projectId: PROJECT,
    instances: keys.map((key) => {
      const [taskId = "", curRunDate = ""] = key.split("_");
      return { taskId, curRunDate };
    }),
    checkParents: false,
    rerunScope: "SELF",
    skipEventListening: false,
    asyncMode: false,
    ...{ dependency: null, downstreamScope: null, parentCheck: null, keepSelfDependency: null },
    ...{ keepSelfWorkflowDependency: null, selfWorkflowDependency: null, parallelism: null },
    ...{ dataTimeOrder: null, redoParams: null, additionalParameters: null },
  };
}

/** A rerun of a workflow's run with nothing optional in it. */
export function aWorkflowRerun(workflowExecutionId: string): TencentRerunTriggerWorkflowRun {
  return {
    kind: "TencentRerunTriggerWorkflowRun",
    projectId: PROJECT,
    workflowId: "wf-1",
    workflowExecutionId,
    executeType: "ORDINARY",
    ...{ advancedParams: [], taskIds: [] },
    ...{ schedulingResourceGroup: null, integrationResourceGroup: null },
  };
}

/** A rerun of a task flow's instance with nothing optional in it. */
export function aDmsRerun(dagInstanceId: string): DmsRerunTaskFlowInstance {
  const optional = { dagVersion: null, tenantId: null };
  return { kind: "DmsRerunTaskFlowInstance", dagId: DAG_ID, dagInstanceId, ...optional };
}
