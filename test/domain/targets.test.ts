import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/domain/operation.ts";
import { targetsOf, withSortedTargets } from "../../src/domain/targets.ts";
import { aDataWorksRerun, aTencentRerun } from "../support/a-received-request.ts";

const scheduled = (...instances: readonly (readonly [string, string])[]): Operation => ({
  kind: "TencentRerunScheduleInstances",
  projectId: "p1",
  instances: instances.map(([taskId, curRunDate]) => ({ taskId, curRunDate })),
  checkParents: false,
  rerunScope: "SELF",
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
});
const triggered: Operation = {
  kind: "TencentRerunTriggerWorkflowRun",
  projectId: "p1",
  workflowId: "w1",
  workflowExecutionId: "x1",
  executeType: "ORDINARY",
  advancedParams: [],
  taskIds: ["t2", "t1"],
  schedulingResourceGroup: null,
  integrationResourceGroup: null,
};
const dag: Operation = {
  kind: "DmsRerunTaskFlowInstance",
  dagId: "7",
  dagInstanceId: "8",
  dagVersion: null,
  tenantId: null,
};

describe("the targets of an operation", () => {
  it.each<[Operation, readonly string[]]>([
    [aTencentRerun({ instanceKeys: ["b", "a", "b"] }), ["b", "a"]],
    [scheduled(["t2", "d"], ["t1", "d"], ["t2", "d"]), ["t2_d", "t1_d"]],
    [triggered, ["x1"]],
    [
      aDataWorksRerun({ instanceIds: ["9223372036854775807", "2", "2"] }),
      ["9223372036854775807", "2"],
    ],
    [dag, ["8"]],
  ])("are each there once, in the asked order (case %#)", (operation, targets) => {
    expect(targetsOf(operation)).toStrictEqual(targets);
  });
});

describe("an operation with its targets sorted", () => {
  it.each<[Operation, Operation]>([
    [aTencentRerun({ instanceKeys: ["b", "a", "b"] }), aTencentRerun({ instanceKeys: ["a", "b"] })],
    [scheduled(["t2", "d"], ["t1", "d"], ["t2", "d"]), scheduled(["t1", "d"], ["t2", "d"])],
    [
      aDataWorksRerun({ instanceIds: ["3", "1", "3"] }),
      aDataWorksRerun({ instanceIds: ["1", "3"] }),
    ],
    [triggered, triggered],
    [dag, dag],
  ])("is otherwise the same (case %#)", (operation, sorted) => {
    expect(withSortedTargets(operation)).toStrictEqual(sorted);
  });
});
