import type { CallEnd } from "../../domain/call-end.ts";
import type { RerunScope, TencentRerunTaskInstances } from "../../domain/operation.ts";

/** The API's action name (WeData 2025-08-06). */
export const RERUN_TASK_INSTANCES = "RerunTaskInstancesAsync";

const RERUN_TYPES: Readonly<Record<RerunScope, string>> = {
  SELF: "1",
  SELF_AND_CHILDREN: "2",
  CHILDREN: "3",
};

/** The parameters of RerunTaskInstancesAsync; optional ones are absent when not asked for. */
export function parametersOf(operation: TencentRerunTaskInstances): object {
  const { skipEventListening, parallelism, selfWorkflowDependency, param } = operation;
  return {
    ProjectId: operation.projectId,
    InstanceKeyList: operation.instanceKeys,
    RerunType: RERUN_TYPES[operation.rerunScope],
    CheckParentType: operation.parentCheck,
    SonRangeType: operation.downstreamScope,
    ...(skipEventListening === null ? {} : { SkipEventListening: skipEventListening }),
    ...(parallelism === null ? {} : { RedefineParallelNum: parallelism }),
    ...(selfWorkflowDependency === null
      ? {}
      : { RedefineSelfWorkflowDependency: selfWorkflowDependency ? "yes" : "no" }),
    // A single object, whatever its name says (KVMap in both SDKs).
    ...(param === null ? {} : { RedefineParamList: { K: param.key, V: param.value } }),
  };
}

/**
 * What the answer to the call means: with an async id the provider took it. An answer without one
 * leaves open what happened (`Data` and `AsyncId` may be null).
 */
export function endOfAnswer(answer: unknown, operation: TencentRerunTaskInstances): CallEnd {
  const response = (answer ?? {}) as { Data?: { AsyncId?: unknown } | null; RequestId?: unknown };
  const trace = {
    providerRequestId: typeof response.RequestId === "string" ? response.RequestId : null,
    providerErrorCode: null,
  };
  const jobId = response.Data?.AsyncId;
  if (typeof jobId !== "string" || jobId === "") {
    return { kind: "uncertain", message: "the answer names no asynchronous job", ...trace };
  }
  const job = { jobId, scope: { projectId: operation.projectId } };
  return { kind: "accepted", job, targets: [], ...trace };
}
