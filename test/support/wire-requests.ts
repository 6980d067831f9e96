import type { RerunRequest } from "../../src/avro/wire-types.ts";
import { DATAWORKS, DMS, WEDATA } from "./service-config.ts";

type Overrides = Partial<Omit<RerunRequest, "requestId" | "operation">>;

/** A sound request for WeData; a target is a word, which also becomes the task's name. */
export function forWedata(
  requestId: string,
  targets: readonly string[] = [requestId],
  overrides: Overrides = {},
): RerunRequest {
  const operation = {
    "rerun.v1.TencentRerunTaskInstances": {
      projectId: "1460947878944567296",
      instanceKeys: targets.map(instanceKey),
      rerunScope: "SELF" as const,
      parentCheck: "NONE" as const,
      downstreamScope: "WORKFLOW" as const,
      skipEventListening: null,
      parallelism: null,
      selfWorkflowDependency: null,
      param: null,
    },
  };
  return aWireRequest(requestId, operation, { provider: WEDATA, ...overrides });
}

/** A sound request for DataWorks. */
export function forDataworks(
  requestId: string,
  targets: readonly bigint[],
  overrides: Overrides = {},
): RerunRequest {
  const operation = {
    "rerun.v1.DataWorksRerunTaskInstances": {
      instanceIds: targets,
      comment: null,
      useLatestConfig: null,
    },
  };
  return aWireRequest(requestId, operation, { provider: DATAWORKS, ...overrides });
}

/** A sound request for WeData's API of 2021; a target is a word, which is the task's name. */
export function forSchedule(
  requestId: string,
  targets: readonly string[] = [requestId],
  overrides: Overrides = {},
): RerunRequest {
  const operation = {
    "rerun.v1.TencentRerunScheduleInstances": {
      projectId: "1460947878944567296",
      instances: targets.map((taskId) => ({ taskId, curRunDate: "2025-10-01 00:00:00" })),
      checkParents: false,
      rerunScope: "SELF" as const,
      skipEventListening: false,
      asyncMode: true,
      dependency: null,
      downstreamScope: null,
      parentCheck: null,
      keepSelfDependency: null,
      keepSelfWorkflowDependency: null,
      selfWorkflowDependency: null,
      parallelism: null,
      dataTimeOrder: null,
      redoParams: null,
      additionalParameters: null,
    },
  };
  return aWireRequest(requestId, operation, { provider: WEDATA, ...overrides });
}

/** A sound request for a workflow run of WeData, whose execution id is the request's own. */
export function forWorkflow(requestId: string, overrides: Overrides = {}): RerunRequest {
  const operation = {
    "rerun.v1.TencentRerunTriggerWorkflowRun": {
      projectId: "1460947878944567296",
      workflowId: "a-workflow",
      workflowExecutionId: requestId,
      executeType: "ORDINARY" as const,
      advancedParams: [],
      taskIds: [],
      schedulingResourceGroup: null,
      integrationResourceGroup: null,
    },
  };
  return aWireRequest(requestId, operation, { provider: WEDATA, ...overrides });
}

/** A sound request for DMS. */
export function forDms(
  requestId: string,
  dagInstanceId: bigint,
  overrides: Overrides = {},
): RerunRequest {
  const operation = {
    "rerun.v1.DmsRerunTaskFlowInstance": {
      dagId: 7000n,
      dagInstanceId,
      dagVersion: null,
      tenantId: null,
    },
  };
  return aWireRequest(requestId, operation, { provider: DMS, ...overrides });
}

/** The instance key at WeData that stands for a word. */
export function instanceKey(word: string): string {
  return `${word}_2025-10-01 00:00:00`;
}

/** A request for any operation. */
export function aWireRequest(
  requestId: string,
  operation: RerunRequest["operation"],
  overrides: Overrides & Pick<RerunRequest, "provider">,
): RerunRequest {
  return {
    requestId,
    operation,
    requestedAt: Date.now(),
    requestedBy: "service-test",
    reason: null,
    priority: "NORMAL",
    notBefore: null,
    notAfter: null,
    dryRun: false,
    force: false,
    replayOf: null,
    causedBy: null,
    correlationId: null,
    labels: {},
    ...overrides,
  };
}
