import { describe, expect, it } from "vitest";
import { rerunTriggerWorkflowRun } from "../../../src/providers/tencent-wedata/rerun-trigger-workflow-run.ts";
import { aWorkflowRerun } from "./wedata-for-tests.ts";

describe("RerunTriggerWorkflowRunAsync", () => {
  it("leaves out what was not given, empty lists too", () => {
    expect(rerunTriggerWorkflowRun(aWorkflowRerun())).toStrictEqual({
      version: "2025-08-06",
      action: "RerunTriggerWorkflowRunAsync",
      parameters: {
        ProjectId: "1460947878944567296",
        WorkflowId: "0fae8078-a7a7-4b67-afd1-8bf18e068dda",
        WorkflowExecutionId: "001e2f39-a71d-4588-9a9a-9f244d32c96c",
        ExecuteType: "1",
      },
    });
  });

  it("spells everything as the API page does", () => {
    const operation = aWorkflowRerun({
      executeType: "ADVANCED",
      advancedParams: [
        { key: "a", value: "", extProperties: null },
        { key: "b", value: "2", extProperties: '{"x":1}' },
      ],
      taskIds: ["t1", "t2"],
      schedulingResourceGroup: "s",
      integrationResourceGroup: "",
    });

    expect(rerunTriggerWorkflowRun(operation).parameters).toMatchObject({
      ExecuteType: "2",
      AdvancedParams: [
        { ParamKey: "a", ParamValue: "" },
        { ParamKey: "b", ParamValue: "2", ExtProperties: '{"x":1}' },
      ],
      TaskIds: ["t1", "t2"],
      SchedulingResourceGroup: "s",
      IntegrationResourceGroup: "",
    });
  });

  it("sends no extended properties that were not given", () => {
    const advancedParams = [{ key: "a", value: "1", extProperties: null }];

    expect(rerunTriggerWorkflowRun(aWorkflowRerun({ advancedParams })).parameters).toHaveProperty(
      "AdvancedParams",
      [{ ParamKey: "a", ParamValue: "1" }],
    );
  });
});
