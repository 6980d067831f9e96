// Generated from schemas/*.avsc by `npm run generate`: the values that the registry decodes and
// encodes. Longs are bigint, timestamp-millis numbers; a union of records names its branch.

/** Asks for one rerun on a cloud data platform. */
export interface RerunRequest {
  /** Idempotency key within its provider connection: 1 to 128 of A-Z a-z 0-9 . _ : - */
  readonly requestId: string;
  /** Name of a configured provider connection. */
  readonly provider: string;
  /** What to rerun. */
  readonly operation:
    | { readonly "rerun.v1.TencentRerunTaskInstances": TencentRerunTaskInstances }
    | { readonly "rerun.v1.TencentRerunScheduleInstances": TencentRerunScheduleInstances }
    | { readonly "rerun.v1.TencentRerunTriggerWorkflowRun": TencentRerunTriggerWorkflowRun }
    | { readonly "rerun.v1.DataWorksRerunTaskInstances": DataWorksRerunTaskInstances }
    | { readonly "rerun.v1.DmsRerunTaskFlowInstance": DmsRerunTaskFlowInstance };
  readonly requestedAt: number;
  /** System or person that asks. */
  readonly requestedBy: string;
  readonly reason: null | string;
  readonly priority: Priority;
  /** Held until then. */
  readonly notBefore: null | number;
  /** EXPIRED after it. */
  readonly notAfter: null | number;
  /** Plan only; outcome DRY_RUN. */
  readonly dryRun: boolean;
  /** Past the guards, never past dedupe. */
  readonly force: boolean;
  /** requestId of the original. */
  readonly replayOf: null | string;
  /** requestId of the rerun whose own failure asks for this one. */
  readonly causedBy: null | string;
  /** Copied to the outcomes. */
  readonly correlationId: null | string;
  /** Copied to the outcomes. */
  readonly labels: Readonly<Record<string, string>>;
}

type Priority = "LOW" | "NORMAL" | "HIGH";

/** DMS ReRunTaskFlowInstance, 2018-11-01. */
interface DmsRerunTaskFlowInstance {
  readonly dagId: bigint;
  readonly dagInstanceId: bigint;
  readonly dagVersion: null | string;
  readonly tenantId: null | bigint;
}

/** DataWorks RerunTaskInstances, 2024-05-18. */
interface DataWorksRerunTaskInstances {
  readonly instanceIds: readonly bigint[];
  readonly comment: null | string;
  readonly useLatestConfig: null | boolean;
}

/** WeData RerunTriggerWorkflowRunAsync, 2025-08-06. */
interface TencentRerunTriggerWorkflowRun {
  readonly projectId: string;
  readonly workflowId: string;
  readonly workflowExecutionId: string;
  readonly executeType: ExecuteType;
  readonly advancedParams: readonly SchedulingParameter[];
  readonly taskIds: readonly string[];
  readonly schedulingResourceGroup: null | string;
  readonly integrationResourceGroup: null | string;
}

interface SchedulingParameter {
  readonly key: string;
  readonly value: string;
  readonly extProperties: null | string;
}

type ExecuteType = "ORDINARY" | "ADVANCED";

/** WeData RunRerunScheduleInstances, 2021-08-20. */
interface TencentRerunScheduleInstances {
  readonly projectId: string;
  readonly instances: readonly ScheduleInstance[];
  readonly checkParents: boolean;
  readonly rerunScope: RerunScope;
  readonly skipEventListening: boolean;
  readonly asyncMode: boolean;
  readonly dependency: null | ScheduleDependency;
  readonly downstreamScope: null | DownstreamScope;
  readonly parentCheck: null | ParentCheck;
  readonly keepSelfDependency: null | boolean;
  readonly keepSelfWorkflowDependency: null | boolean;
  readonly selfWorkflowDependency: null | boolean;
  readonly parallelism: null | number;
  readonly dataTimeOrder: null | DataTimeOrder;
  readonly redoParams: null | string;
  /** A JSON object: the API's remaining parameters, passed as they are. */
  readonly additionalParameters: null | string;
}

type DataTimeOrder = "NORMAL" | "ASCENDING" | "DESCENDING";

type ScheduleDependency = "SELF" | "TASK" | "SELF_AND_TASK";

interface ScheduleInstance {
  readonly taskId: string;
  readonly curRunDate: string;
}

/** WeData RerunTaskInstancesAsync, 2025-08-06. */
interface TencentRerunTaskInstances {
  readonly projectId: string;
  readonly instanceKeys: readonly string[];
  readonly rerunScope: RerunScope;
  readonly parentCheck: ParentCheck;
  readonly downstreamScope: DownstreamScope;
  readonly skipEventListening: null | boolean;
  readonly parallelism: null | number;
  readonly selfWorkflowDependency: null | boolean;
  readonly param: null | KeyValue;
}

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

type DownstreamScope = "WORKFLOW" | "PROJECT" | "ALL";

type ParentCheck = "ALL" | "MAKE_SCOPE" | "NONE";

type RerunScope = "SELF" | "CHILDREN" | "SELF_AND_CHILDREN";

/** Tells what became of one rerun request. */
export interface RerunOutcome {
  /** Hex sha256 of provider, requestId, source topic/partition/offset and `accepted` or `final`: consumers drop repeats by it. */
  readonly outcomeId: string;
  readonly requestId: string;
  readonly provider: string;
  /** Record name of the requested operation. */
  readonly operation: string;
  readonly requestedBy: string;
  readonly correlationId: null | string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replayOf: null | string;
  readonly status: OutcomeStatus;
  /** False only for ACCEPTED. */
  readonly final: boolean;
  readonly reason: null | Reason;
  readonly targets: readonly TargetOutcome[];
  /** Calls made so far, refused connections included. */
  readonly attempts: number;
  /** Decided by reading the provider's state, not by its answer. */
  readonly reconciled: boolean;
  /** How many requests shared the call, 1 when alone. */
  readonly coalesced: number;
  readonly providerRequestId: null | string;
  readonly asyncJobId: null | string;
  readonly providerErrorCode: null | string;
  readonly source: Source;
  readonly requestedAt: number;
  readonly receivedAt: number;
  readonly calledAt: null | number;
  readonly completedAt: number;
  /** Instance id and version. */
  readonly dispatcher: string;
}

/** The request record. */
interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

interface TargetOutcome {
  readonly target: string;
  readonly status: TargetStatus;
  readonly message: null | string;
}

type TargetStatus = "SUCCEEDED" | "FAILED" | "SUPPRESSED" | "UNKNOWN";

interface Reason {
  /** From a closed list, see docs/outcomes.md. */
  readonly code: string;
  /** In words a person can act on. */
  readonly message: string;
}

type OutcomeStatus =
  | "ACCEPTED"
  | "SUCCEEDED"
  | "PARTIALLY_SUCCEEDED"
  | "FAILED"
  | "REJECTED"
  | "SUPPRESSED"
  | "EXPIRED"
  | "DRY_RUN"
  | "UNKNOWN";
