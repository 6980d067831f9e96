import { describe, expect, it } from "vitest";
import { rerunTaskInstances } from "../../../src/providers/tencent-wedata/rerun-task-instances.ts";
import { aTencentRerun } from "../../support/a-received-request.ts";

describe("RerunTaskInstancesAsync", () => {
  it("leaves out what was not given", () => {
    expect(rerunTaskInstances(aTencentRerun())).toStrictEqual({
      version: "2025-08-06",
      action: "RerunTaskInstancesAsync",
      parameters: {
        ProjectId: "1460947878944567296",
        InstanceKeyList: ["20250714200130106_2025-10-01 00:00:00"],
        RerunType: "1",
        CheckParentType: "NONE",
        SonRangeType: "WORKFLOW",
      },
    });
  });

  it("names each instance once: asked for twice is one rerun", () => {
    const operation = aTencentRerun({ instanceKeys: ["a", "b", "a"] });

    expect(rerunTaskInstances(operation).parameters).toMatchObject({ InstanceKeyList: ["a", "b"] });
  });

  it("spells everything as the API page does", () => {
    const operation = aTencentRerun({
      instanceKeys: ["a", "b"],
      rerunScope: "CHILDREN",
      parentCheck: "MAKE_SCOPE",
      downstreamScope: "ALL",
      skipEventListening: false,
      parallelism: 3,
      selfWorkflowDependency: false,
      param: { key: "k", value: "" },
    });

    expect(rerunTaskInstances(operation).parameters).toStrictEqual({
      ProjectId: "1460947878944567296",
      InstanceKeyList: ["a", "b"],
      RerunType: "3",
      CheckParentType: "MAKE_SCOPE",
      SonRangeType: "ALL",
      SkipEventListening: false,
      RedefineParallelNum: 3,
      RedefineSelfWorkflowDependency: "no",
      RedefineParamList: { K: "k", V: "" },
    });
  });

  it.each([
    ["SELF", "1"],
    ["SELF_AND_CHILDREN", "2"],
    ["CHILDREN", "3"],
  ] as const)("calls the scope %s %s", (rerunScope, RerunType) => {
    const { parameters } = rerunTaskInstances(aTencentRerun({ rerunScope }));

    expect(parameters).toMatchObject({ RerunType });
  });
});
