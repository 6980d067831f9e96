import { describe, expect, it } from "vitest";
import {
  endOfAnswer,
  parametersOf,
} from "../../../src/providers/tencent-wedata/rerun-task-instances.ts";
import { aTencentRerun } from "../../support/a-received-request.ts";

describe("the parameters of RerunTaskInstancesAsync", () => {
  it("leave out what was not given", () => {
    expect(parametersOf(aTencentRerun())).toStrictEqual({
      ProjectId: "1460947878944567296",
      InstanceKeyList: ["20250714200130106_2025-10-01 00:00:00"],
      RerunType: "1",
      CheckParentType: "NONE",
      SonRangeType: "WORKFLOW",
    });
  });

  it("spell everything as the API page does", () => {
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

    expect(parametersOf(operation)).toStrictEqual({
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
  ] as const)("call the scope %s %s", (rerunScope, RerunType) => {
    expect(parametersOf(aTencentRerun({ rerunScope }))).toMatchObject({ RerunType });
  });
});

describe("the answer of RerunTaskInstancesAsync", () => {
  it("names the job", () => {
    const answer = { Data: { AsyncId: "job-1" }, RequestId: "call-1" };

    expect(endOfAnswer(answer, aTencentRerun({ projectId: "p" }))).toStrictEqual({
      kind: "accepted",
      job: { jobId: "job-1", scope: { projectId: "p" } },
      targets: [],
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
  });

  it.each([
    { Data: null, RequestId: "call-1" },
    { Data: {}, RequestId: "call-1" },
    { Data: { AsyncId: null }, RequestId: "call-1" },
    { Data: { AsyncId: "" }, RequestId: "call-1" },
    { RequestId: "call-1" },
    undefined,
    null,
    "text",
  ])("without a job leaves open what happened: %j", (answer) => {
    expect(endOfAnswer(answer, aTencentRerun())).toMatchObject({ kind: "uncertain" });
  });
});
