import {
  type OperationName,
  PROVIDER_KIND_OF,
  type ProviderKind,
} from "../../src/domain/operation.ts";
import type { RerunCall } from "../../src/domain/provider.ts";
import type { SimulatorAdmin } from "../simulator/admin-client.ts";
import type { Cloud } from "../simulator/credential.ts";

/** One operation, with calls of it whose targets are at hand. */
export interface Subject {
  readonly operation: OperationName;
  readonly kind: ProviderKind;
  readonly cloud: Cloud;
  /** So many targets in the spelling of outcomes; operations of one target have one. */
  readonly targets: (count: number) => readonly string[];
  readonly call: (targets: readonly string[]) => RerunCall;
  /** Makes the targets known where a provider lists only what it knows. */
  readonly seed: (admin: SimulatorAdmin, targets: readonly string[]) => Promise<void>;
  /** Whether it answers with a job whose end is still to come. */
  readonly startsJob: boolean;
  /** Whether a target that shows no new run can prove that it did not run. */
  readonly absenceProves: boolean;
}

/** The clients through which the operations are called, by cloud. */
export const SDKS: Readonly<Record<Cloud, string>> = {
  tencent: "tencentcloud-sdk-nodejs",
  alibaba: "@alicloud/openapi-client",
};

const PROJECT = "1460947878944567296";
const DAG = "70368744177664";
const NOTHING_TO_SEED = async () => Promise.resolve();
const INSTANCE_KEYS = [106, 107, 108, 109].map(
  (number) => `20250714200130${number}_2025-10-01 00:00:00`,
);
/** Beyond 2^53: a double would round them. */
const INSTANCE_IDS = ["9007199254740993", "9223372036854775807", "9007199254740995", "1234"];

/** The five operations. */
export const SUBJECTS: readonly Subject[] = [
  {
    ...traitsOf("TencentRerunTaskInstances", INSTANCE_KEYS),
    startsJob: true,
    call: (targets) =>
      callOf(targets, {
        kind: "TencentRerunTaskInstances",
        projectId: PROJECT,
        instanceKeys: targets,
        rerunScope: "SELF",
        parentCheck: "NONE",
        downstreamScope: "WORKFLOW",
        skipEventListening: null,
        parallelism: null,
        selfWorkflowDependency: null,
        param: null,
      }),
  },
  {
    ...traitsOf("TencentRerunScheduleInstances", INSTANCE_KEYS),
    call: (targets) =>
      callOf(targets, {
        kind: "TencentRerunScheduleInstances",
        projectId: PROJECT,
        instances: targets.map(scheduleInstance),
        checkParents: false,
        rerunScope: "SELF",
        skipEventListening: false,
        asyncMode: false,
        ...{ dependency: null, downstreamScope: null, parentCheck: null },
        ...{ keepSelfDependency: null, keepSelfWorkflowDependency: null },
        ...{ selfWorkflowDependency: null, parallelism: null, dataTimeOrder: null },
        ...{ redoParams: null, additionalParameters: null },
      }),
  },
  {
    ...traitsOf("TencentRerunTriggerWorkflowRun", ["wf-run-20251001"]),
    startsJob: true,
    call: (targets) =>
      callOf(targets, {
        kind: "TencentRerunTriggerWorkflowRun",
        projectId: PROJECT,
        workflowId: "wf-1",
        workflowExecutionId: targets.join(),
        executeType: "ORDINARY",
        advancedParams: [],
        taskIds: [],
        schedulingResourceGroup: null,
        integrationResourceGroup: null,
      }),
  },
  {
    ...traitsOf("DataWorksRerunTaskInstances", INSTANCE_IDS),
    call: (targets) =>
      callOf(targets, {
        kind: "DataWorksRerunTaskInstances",
        instanceIds: targets,
        comment: null,
        useLatestConfig: null,
      }),
  },
  {
    ...traitsOf("DmsRerunTaskFlowInstance", INSTANCE_IDS.slice(0, 1)),
    // No counter, and times of whole seconds.
    absenceProves: false,
    seed: async (admin, targets) => admin.seedFlow({ flowId: DAG, instanceIds: [...targets] }),
    call: (targets) =>
      callOf(targets, {
        kind: "DmsRerunTaskFlowInstance",
        dagId: DAG,
        dagInstanceId: targets.join(),
        dagVersion: null,
        tenantId: null,
      }),
  },
];

function traitsOf(operation: OperationName, targets: readonly string[]): Omit<Subject, "call"> {
  const kind = PROVIDER_KIND_OF[operation];
  return {
    operation,
    kind,
    cloud: kind === "tencent-wedata" ? "tencent" : "alibaba",
    targets: (count) => targets.slice(0, count),
    seed: NOTHING_TO_SEED,
    startsJob: false,
    absenceProves: true,
  };
}

function callOf(targets: readonly string[], operation: RerunCall["operation"]): RerunCall {
  return { claimId: "check-providers", operation, targets };
}

function scheduleInstance(key: string): { readonly taskId: string; readonly curRunDate: string } {
  const [taskId = "", curRunDate = ""] = key.split("_");
  return { taskId, curRunDate };
}
