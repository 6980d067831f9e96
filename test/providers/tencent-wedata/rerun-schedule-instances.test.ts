import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RerunScope } from "../../../src/domain/operation.ts";
import {
  endOfBatch,
  rerunScheduleInstances,
} from "../../../src/providers/tencent-wedata/rerun-schedule-instances.ts";
import { aScheduleRerun } from "./wedata-for-tests.ts";

const MINIMAL = {
  Instances: [{ TaskId: "20250714200130106", CurRunDate: "2025-10-01 00:00:00" }],
  CheckFather: false,
  RerunType: "1",
  SkipEventListening: true,
  ProjectId: "1460947878944567296",
  AsyncMode: false,
};

describe("RunRerunScheduleInstances", () => {
  it("leaves out what was not given", () => {
    expect(rerunScheduleInstances(aScheduleRerun())).toStrictEqual({
      version: "2021-08-20",
      action: "RunRerunScheduleInstances",
      parameters: MINIMAL,
    });
  });

  it.each([
    [{ rerunScope: "SELF_AND_CHILDREN" }, { RerunType: "2" }],
    [{ rerunScope: "CHILDREN" }, { RerunType: "3" }],
    [{ checkParents: true }, { CheckFather: true }],
    [{ skipEventListening: false }, { SkipEventListening: false }],
    [{ asyncMode: true }, { AsyncMode: true }],
    [{ dependency: "SELF" }, { DependentWay: "1" }],
    [{ dependency: "TASK" }, { DependentWay: "2" }],
    [{ dependency: "SELF_AND_TASK" }, { DependentWay: "3" }],
    [{ downstreamScope: "WORKFLOW" }, { SonInstanceType: "1" }],
    [{ downstreamScope: "PROJECT" }, { SonInstanceType: "2" }],
    [{ downstreamScope: "ALL" }, { SonInstanceType: "3" }],
    [{ parentCheck: "MAKE_SCOPE" }, { CheckParentType: "MAKE_SCOPE" }],
    [{ keepSelfDependency: false }, { SameSelfDependType: false }],
    [{ keepSelfWorkflowDependency: true }, { SameSelfWorkflowDependType: true }],
    [{ selfWorkflowDependency: true }, { SelfWorkflowDependency: "yes" }],
    [{ selfWorkflowDependency: false }, { SelfWorkflowDependency: "no" }],
    [{ parallelism: 2 }, { ParallelNum: 2 }],
    [{ dataTimeOrder: "NORMAL" }, { DataTimeOrder: 0 }],
    [{ dataTimeOrder: "ASCENDING" }, { DataTimeOrder: 1 }],
    [{ dataTimeOrder: "DESCENDING" }, { DataTimeOrder: 2 }],
    [{ redoParams: "" }, { ReDoParams: "" }],
  ] as const)("sends %j as %j", (given, sent) => {
    expect(rerunScheduleInstances(aScheduleRerun(given))).toMatchObject({
      parameters: { ...MINIMAL, ...sent },
    });
  });

  it.each([
    ...["Instances", "CheckFather", "RerunType", "SkipEventListening", "ProjectId", "AsyncMode"],
    ...["DependentWay", "SonInstanceType", "CheckParentType", "SameSelfDependType"],
    ...["SameSelfWorkflowDependType", "SelfWorkflowDependency", "ParallelNum", "DataTimeOrder"],
    "ReDoParams",
  ])("sends what else was given, but never %s, which has a field of its own", (name) => {
    const additionalParameters = JSON.stringify({ [name]: "x", OptType: "y", Count: 7 });

    expect(rerunScheduleInstances(aScheduleRerun({ additionalParameters }))).toHaveProperty(
      "parameters",
      { ...MINIMAL, OptType: "y", Count: 7 },
    );
  });

  it("cannot be sent with additional parameters that cannot be", () => {
    const additionalParameters = '{"Count":1e400}';

    expect(rerunScheduleInstances(aScheduleRerun({ additionalParameters }))).toMatch(
      /^additionalParameters: 1e400 cannot be sent exactly/,
    );
  });
});

describe("instances that are asked for twice", () => {
  it("are named once: that is one rerun", () => {
    const one = { taskId: "1", curRunDate: "2025-10-01 00:00:00" };
    const other = { ...one, taskId: "2" };

    expect(
      rerunScheduleInstances(aScheduleRerun({ instances: [one, other, { ...one }] })),
    ).toMatchObject({
      parameters: {
        Instances: [
          { TaskId: "1", CurRunDate: one.curRunDate },
          { TaskId: "2", CurRunDate: one.curRunDate },
        ],
      },
    });
  });
});

describe("the answer of RunRerunScheduleInstances", () => {
  const end = (
    Data: unknown,
    targets: readonly string[] = ["a"],
    rerunScope: RerunScope = "SELF",
  ) => endOfBatch({ Data, RequestId: "call-1" }, targets, rerunScope);

  it("is final when it says yes: there is nothing to poll", () => {
    const data = { Result: true, AsyncActionId: "x-1", ErrorId: null, ErrorDesc: null };

    expect(end(data, ["a", "b"])).toStrictEqual({
      kind: "accepted",
      job: null,
      asyncJobId: "x-1",
      targets: [
        { target: "a", status: "SUCCEEDED", message: null },
        { target: "b", status: "SUCCEEDED", message: null },
      ],
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
    expect(end({ Result: true })).toMatchObject({ kind: "accepted", asyncJobId: null });
  });

  it("says no to its one target", () => {
    expect(end({ Result: false, ErrorId: "E1", ErrorDesc: "no such task" })).toStrictEqual({
      kind: "accepted",
      job: null,
      asyncJobId: null,
      targets: [{ target: "a", status: "FAILED", message: "E1: no such task" }],
      providerRequestId: "call-1",
      providerErrorCode: "E1",
    });
    expect(end({ Result: false })).toMatchObject({
      targets: [{ status: "FAILED", message: "the provider said no, without a reason" }],
    });
  });

  it("leaves open of which of several targets it says no", () => {
    const message = "the provider said no to the batch, not to what of it: E1: no such task";

    expect(
      end({ Result: false, ErrorId: "E1", ErrorDesc: "no such task" }, ["a", "b"]),
    ).toMatchObject({
      kind: "accepted",
      providerErrorCode: "E1",
      targets: [
        { target: "a", status: "UNKNOWN", message },
        { target: "b", status: "UNKNOWN", message },
      ],
    });
  });

  it.each<[string, object, RerunScope]>([
    ["its children may have failed", { ErrorId: "E1" }, "SELF_AND_CHILDREN"],
    ["trouble inside may come late", { ErrorId: "InternalError.CallSchedulerApiError" }, "SELF"],
  ])("leaves open whether its one target ran where %s", (_why, error, rerunScope) => {
    expect(end({ Result: false, ...error }, ["a"], rerunScope)).toMatchObject({
      targets: [{ target: "a", status: "UNKNOWN" }],
    });
  });

  it.each([null, undefined, {}, { Result: null }, { Result: "true" }, { Result: 1 }, "text"])(
    "is uncertain without a result: %j",
    (data) => {
      expect(end(data)).toMatchObject({ kind: "uncertain", providerRequestId: "call-1" });
    },
  );

  it("never throws, whatever the answer is", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        expect(["accepted", "uncertain"]).toContain(endOfBatch(answer, ["a"], "SELF").kind);
      }),
    );
  });
});
