import type { RerunRequest } from "../../src/avro/wire-types.ts";
import type { Connection } from "./chaos-config.ts";

/** What requests ask for here: an operation, each on a connection that has it. */
export const ERRANDS = [
  "wedata-tasks",
  "wedata-schedule",
  "wedata-workflow",
  "dataworks",
  "dataworks-retry",
  "dms",
] as const;
export type Errand = (typeof ERRANDS)[number];

export type WireOperation = RerunRequest["operation"];

const PROJECT = "1460947878944567296";
const RUN_DATE = "2025-10-01 00:00:00";

interface ErrandKind {
  readonly connection: Connection;
  readonly product: "wedata" | "dataworks" | "dms";
  /** Whether it may name several targets. */
  readonly isPlural: boolean;
  /** Targets are numbers here, all of one length; none is part of another. */
  readonly operation: (targets: readonly number[]) => WireOperation;
}

export const ERRAND_KINDS: Readonly<Record<Errand, ErrandKind>> = {
  "wedata-tasks": {
    ...{ connection: "wedata", product: "wedata", isPlural: true },
    operation: (targets) => ({
      "rerun.v1.TencentRerunTaskInstances": {
        ...{ projectId: PROJECT, instanceKeys: targets.map(keyOf) },
        ...{ rerunScope: "SELF", parentCheck: "NONE", downstreamScope: "WORKFLOW" },
        ...{ skipEventListening: null, parallelism: null, selfWorkflowDependency: null },
        param: null,
      },
    }),
  },
  "wedata-schedule": {
    ...{ connection: "wedata", product: "wedata", isPlural: true },
    operation: (targets) => ({
      "rerun.v1.TencentRerunScheduleInstances": {
        projectId: PROJECT,
        instances: targets.map((target) => ({ taskId: String(target), curRunDate: RUN_DATE })),
        ...{ checkParents: false, rerunScope: "SELF", skipEventListening: false, asyncMode: true },
        ...{ dependency: null, downstreamScope: null, parentCheck: null },
        ...{ keepSelfDependency: null, keepSelfWorkflowDependency: null },
        ...{ selfWorkflowDependency: null, parallelism: null, dataTimeOrder: null },
        ...{ redoParams: null, additionalParameters: null },
      },
    }),
  },
  "wedata-workflow": {
    ...{ connection: "wedata", product: "wedata", isPlural: false },
    operation: ([target = 0]) => ({
      "rerun.v1.TencentRerunTriggerWorkflowRun": {
        ...{ projectId: PROJECT, workflowId: "workflow", workflowExecutionId: `run-${target}` },
        ...{ executeType: "ORDINARY", advancedParams: [], taskIds: [] },
        ...{ schedulingResourceGroup: null, integrationResourceGroup: null },
      },
    }),
  },
  dataworks: {
    ...{ connection: "dataworks", product: "dataworks", isPlural: true },
    operation: dataworksOperation,
  },
  "dataworks-retry": {
    ...{ connection: "dataworks-retry", product: "dataworks", isPlural: true },
    operation: dataworksOperation,
  },
  dms: {
    ...{ connection: "dms", product: "dms", isPlural: false },
    // A task flow of its own: DMS is asked for all records of a flow.
    operation: ([target = 0]) => ({
      "rerun.v1.DmsRerunTaskFlowInstance": {
        ...{ dagId: BigInt(target), dagInstanceId: BigInt(target) },
        ...{ dagVersion: null, tenantId: null },
      },
    }),
  },
};

/** What an operation names, in the spelling of outcomes (contract) and of the simulator's books. */
export function targetsOfWire(operation: WireOperation): readonly string[] {
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

/**
 * What makes two records with one id the same request (contract): provider, operation with its
 * targets in any order, `notBefore`, `notAfter`, `dryRun`, `force`; nothing else.
 */
export function contentOf(request: RerunRequest): string {
  const { provider, operation, notBefore, notAfter, dryRun, force } = request;
  const named = [...targetsOfWire(operation)].toSorted();
  const rest = JSON.stringify(operation, (_name, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return Array.isArray(value) ? value.map(String).toSorted() : value;
  });
  return JSON.stringify([provider, named, rest, notBefore, notAfter, dryRun, force]);
}

function keyOf(target: number): string {
  return `${target}_${RUN_DATE}`;
}

function dataworksOperation(targets: readonly number[]): WireOperation {
  return {
    "rerun.v1.DataWorksRerunTaskInstances": {
      ...{ instanceIds: targets.map(BigInt), comment: null, useLatestConfig: null },
    },
  };
}
