/**
 * The five reruns that can be asked for, named like their records in `schemas/rerun-request.avsc`.
 *
 * int64 ids are decimal strings, here and everywhere behind the decoder: a JavaScript number would
 * round them past 2^53.
 */
export type Operation =
  | TencentRerunTaskInstances
  | TencentRerunScheduleInstances
  | TencentRerunTriggerWorkflowRun
  | DataWorksRerunTaskInstances
  | DmsRerunTaskFlowInstance;

export type OperationName = Operation["kind"];

/** The kinds of clouds that can be configured. */
export type ProviderKind = "tencent-wedata" | "alibaba-dataworks" | "alibaba-dms";

/** Which kind of provider connection an operation belongs to. */
export const PROVIDER_KIND_OF: Readonly<Record<OperationName, ProviderKind>> = {
  TencentRerunTaskInstances: "tencent-wedata",
  TencentRerunScheduleInstances: "tencent-wedata",
  TencentRerunTriggerWorkflowRun: "tencent-wedata",
  DataWorksRerunTaskInstances: "alibaba-dataworks",
  DmsRerunTaskFlowInstance: "alibaba-dms",
};

export type RerunScope = "SELF" | "CHILDREN" | "SELF_AND_CHILDREN";
export type ParentCheck = "ALL" | "MAKE_SCOPE" | "NONE";
export type DownstreamScope = "WORKFLOW" | "PROJECT" | "ALL";
export type ScheduleDependency = "SELF" | "TASK" | "SELF_AND_TASK";
export type DataTimeOrder = "NORMAL" | "ASCENDING" | "DESCENDING";
export type ExecuteType = "ORDINARY" | "ADVANCED";

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** WeData RerunTaskInstancesAsync, 2025-08-06. */
export interface TencentRerunTaskInstances {
  readonly kind: "TencentRerunTaskInstances";
  readonly projectId: string;
  readonly instanceKeys: readonly string[];
  readonly rerunScope: RerunScope;
  readonly parentCheck: ParentCheck;
  readonly downstreamScope: DownstreamScope;
  readonly skipEventListening: boolean | null;
  readonly parallelism: number | null;
  readonly selfWorkflowDependency: boolean | null;
  readonly param: KeyValue | null;
}

export interface ScheduleInstance {
  readonly taskId: string;
  readonly curRunDate: string;
}

/** WeData RunRerunScheduleInstances, 2021-08-20. */
export interface TencentRerunScheduleInstances {
  readonly kind: "TencentRerunScheduleInstances";
  readonly projectId: string;
  readonly instances: readonly ScheduleInstance[];
  readonly checkParents: boolean;
  readonly rerunScope: RerunScope;
  readonly skipEventListening: boolean;
  readonly asyncMode: boolean;
  readonly dependency: ScheduleDependency | null;
  readonly downstreamScope: DownstreamScope | null;
  readonly parentCheck: ParentCheck | null;
  readonly keepSelfDependency: boolean | null;
  readonly keepSelfWorkflowDependency: boolean | null;
  readonly selfWorkflowDependency: boolean | null;
  readonly parallelism: number | null;
  readonly dataTimeOrder: DataTimeOrder | null;
  readonly redoParams: string | null;
  readonly additionalParameters: string | null;
}

export interface SchedulingParameter {
  readonly key: string;
  readonly value: string;
  readonly extProperties: string | null;
}

/** WeData RerunTriggerWorkflowRunAsync, 2025-08-06. */
export interface TencentRerunTriggerWorkflowRun {
  readonly kind: "TencentRerunTriggerWorkflowRun";
  readonly projectId: string;
  readonly workflowId: string;
  readonly workflowExecutionId: string;
  readonly executeType: ExecuteType;
  readonly advancedParams: readonly SchedulingParameter[];
  readonly taskIds: readonly string[];
  readonly schedulingResourceGroup: string | null;
  readonly integrationResourceGroup: string | null;
}

/** DataWorks RerunTaskInstances, 2024-05-18. */
export interface DataWorksRerunTaskInstances {
  readonly kind: "DataWorksRerunTaskInstances";
  readonly instanceIds: readonly string[];
  readonly comment: string | null;
  readonly useLatestConfig: boolean | null;
}

/** DMS ReRunTaskFlowInstance, 2018-11-01. */
export interface DmsRerunTaskFlowInstance {
  readonly kind: "DmsRerunTaskFlowInstance";
  readonly dagId: string;
  readonly dagInstanceId: string;
  readonly dagVersion: string | null;
  readonly tenantId: string | null;
}
