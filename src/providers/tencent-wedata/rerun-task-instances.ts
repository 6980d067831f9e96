import type { RerunScope, TencentRerunTaskInstances } from "../../domain/operation.ts";
import type { WedataAction } from "./sdk.ts";

/** `RerunType` of both versions' reruns of task instances. */
export const RERUN_TYPES: Readonly<Record<RerunScope, string>> = {
  SELF: "1",
  SELF_AND_CHILDREN: "2",
  CHILDREN: "3",
};

/** RerunTaskInstancesAsync, 2025-08-06; optional parameters are absent when not asked for. */
export function rerunTaskInstances(operation: TencentRerunTaskInstances): WedataAction {
  const { skipEventListening, parallelism, selfWorkflowDependency, param } = operation;
  const parameters = {
    ProjectId: operation.projectId,
    // Asked for twice is one rerun.
    InstanceKeyList: [...new Set(operation.instanceKeys)],
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
  return { version: "2025-08-06", action: "RerunTaskInstancesAsync", parameters };
}
