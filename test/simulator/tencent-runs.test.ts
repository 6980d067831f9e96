import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { tencentClient, tencentKey } from "./cloud-callers.ts";

const minimal = {
  ProjectId: "1460",
  WorkflowId: "workflow",
  WorkflowExecutionId: "run-1",
  ExecuteType: "1",
};
const full = {
  ...minimal,
  ExecuteType: "2",
  AdvancedParams: [{ ParamKey: "k", ParamValue: "v", ExtProperties: "{}" }],
  TaskIds: ["t1", "t2"],
  SchedulingResourceGroup: "s",
  IntegrationResourceGroup: "i",
};
const run = { ProjectId: "1460", WorkflowExecutionId: "run-1" };
const instance = { ProjectId: "1460", InstanceKey: "a_1" };

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [tencentKey],
    jobDurationMs: 0,
    instanceRunMs: 30,
    deniedTargets: ["absent"],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

describe("Tencent's own client, at workflow runs", () => {
  it.each([
    ["the least, over HTTP", false, minimal],
    ["every parameter, over HTTPS", true, full],
  ])("reruns with %s and follows the job", async (_name, tls, request) => {
    const client = tencentClient(simulator, { tls });

    const { Data } = await client.RerunTriggerWorkflowRunAsync(request);
    const job = await client.GetOpsAsyncJob({ ProjectId: "1460", AsyncId: Data?.AsyncId ?? "" });

    expect(job.Data).toMatchObject({
      AsyncType: "RERUN_TRIGGER_WORKFLOW_RUN",
      Status: "SUCCESS",
      TotalSubProcessCount: 1,
      SuccessSubProcessCount: 1,
      ErrorDesc: null,
    });
    expect(await admin.arrivals()).toMatchObject([
      {
        action: "RerunTriggerWorkflowRunAsync",
        effect: "rerun",
        targets: ["run-1"],
        ranTargets: ["run-1"],
        executed: true,
      },
      { action: "GetOpsAsyncJob" },
    ]);
  });

  it.each([
    ["no workflow", { WorkflowId: undefined }, "MissingParameter"],
    ["no run", { WorkflowExecutionId: undefined }, "MissingParameter"],
    ["no execute type", { ExecuteType: undefined }, "MissingParameter"],
    ["a type that is not allowed", { ExecuteType: "3" }, "InvalidParameterValue"],
    ["one parameter for a list", { AdvancedParams: { ParamKey: "k" } }, "InvalidParameter"],
    ["a pair for a parameter", { AdvancedParams: [{ K: "k" }] }, "UnknownParameter"],
    ["a number for a task", { TaskIds: [1] }, "InvalidParameter"],
    ["an unknown parameter", { RerunType: "1" }, "UnknownParameter"],
    ["a run that does not exist", { WorkflowExecutionId: "absent" }, "ResourceNotFound"],
  ])("is refused with %s", async (_name, change, code) => {
    const request = { ...minimal, ...change };

    const call = tencentClient(simulator).request("RerunTriggerWorkflowRunAsync", request);

    await expect(call).rejects.toMatchObject({ code });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, ranTargets: [], code }]);
  });

  it.each([
    ["FAIL", [], { Status: "FAIL", TotalSubProcessCount: 1, SuccessSubProcessCount: 0 }],
    [
      "PART_SUCCESS",
      ["run-1"],
      { Status: "PART_SUCCESS", TotalSubProcessCount: 2, SuccessSubProcessCount: 1 },
    ],
  ] as const)("sees its job end in %s, if a fault says so", async (outcome, ranTargets, job) => {
    await admin.inject({ kind: "job-outcome", outcome });
    const client = tencentClient(simulator);

    const { Data } = await client.RerunTriggerWorkflowRunAsync(minimal);
    const read = await client.GetOpsAsyncJob({ ProjectId: "1", AsyncId: Data?.AsyncId ?? "" });

    expect(read.Data).toMatchObject(job);
    expect(await admin.arrivals()).toMatchObject([{ ranTargets }, {}]);
  });

  it("reads a run before and after its rerun", async () => {
    const client = tencentClient(simulator);
    const before = await client.GetTriggerWorkflowRun({ ...run, Filters: [], OrderFields: [] });
    await client.RerunTriggerWorkflowRunAsync(minimal);

    const after = await vi.waitFor(async () => {
      const read = await client.GetTriggerWorkflowRun(run);
      expect(read.Data?.TriggerWorkflowRun?.ExecutionState).toBe("SUCCESS");
      return read;
    });

    const msText: unknown = expect.stringMatching(/^\d{13}$/);
    expect(before.Data).toMatchObject({
      TriggerWorkflowRun: {
        ProjectId: "1460",
        WorkflowId: null,
        ExecutionId: "run-1",
        ExecutionState: "FAILED",
        RerunTimes: 0,
        SupportRerun: true,
        CreateTime: msText,
        ExecutionStartTime: msText,
        ExecutionEndTime: msText,
      },
      TriggerTaskRuns: [
        { ExecutionState: "FAILED", IsLatestExecution: true, RerunTimes: 0 },
        { ExecutionState: "FAILED", IsLatestExecution: true, RerunTimes: 0 },
      ],
    });
    const [first] = before.Data?.TriggerTaskRuns ?? [];
    expect(after.Data).toMatchObject({
      TriggerWorkflowRun: { WorkflowId: "workflow", RerunTimes: 1 },
      TriggerTaskRuns: [
        { ...first, WorkflowId: "workflow", IsLatestExecution: false },
        { IsLatestExecution: false },
        {
          TaskId: first?.TaskId,
          ExecutionState: "SUCCESS",
          RerunTimes: 1,
          IsLatestExecution: true,
        },
        { IsLatestExecution: true },
      ],
    });
    expect(after.Data?.TriggerTaskRuns?.[2]?.ExecutionId).not.toBe(first?.ExecutionId);
  });

  it("shows the rerun of a call whose answer was lost", async () => {
    const client = tencentClient(simulator);
    await admin.inject({ kind: "reset", executed: true, count: 1 });

    await expect(client.RerunTriggerWorkflowRunAsync(minimal)).rejects.toThrow("ECONNRESET");

    const { Data } = await client.GetTriggerWorkflowRun(run);
    expect(Data?.TriggerWorkflowRun?.RerunTimes).toBe(1);
  });

  it.each([
    ["no run", { WorkflowExecutionId: undefined }, "MissingParameter"],
    ["a filter, which nobody documents", { Filters: [{ Name: "n" }] }, "InvalidParameter"],
    ["an order without direction", { OrderFields: [{ Name: "n" }] }, "MissingParameter"],
    ["a run that does not exist", { WorkflowExecutionId: "absent" }, "FailedOperation"],
  ])("is refused a reading with %s", async (_name, change, code) => {
    const call = tencentClient(simulator).request("GetTriggerWorkflowRun", { ...run, ...change });

    await expect(call).rejects.toMatchObject({ code });
  });
});

describe("Tencent's own client, at an instance's executions", () => {
  it("lists every run, the first as periodic and the others as reruns, by pages", async () => {
    const client = tencentClient(simulator);
    for (let reruns = 0; reruns < 10; reruns += 1) {
      await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList: ["a_1"] });
    }

    const first = await client.ListTaskInstanceExecutions(instance);
    const second = await client.ListTaskInstanceExecutions({ ...instance, PageNumber: 2 });
    const all = await client.ListTaskInstanceExecutions({ ...instance, PageSize: 200 });

    expect(first.Data).toMatchObject({
      TotalCount: 11,
      TotalPageNumber: 2,
      PageNumber: 1,
      PageSize: 10,
    });
    expect(first.Data?.Items?.[0]).toMatchObject({
      InstanceKey: "a_1",
      LifeRoundNum: 0,
      RunType: "PERIODIC",
      InstanceState: "EXPIRED",
      Tries: 0,
      CostTime: 0,
    });
    expect(second.Data?.Items).toMatchObject([{ LifeRoundNum: 10, RunType: "RERUN" }]);
    expect(all.Data?.Items?.map(({ LifeRoundNum }) => LifeRoundNum)).toStrictEqual([
      ...Array.from({ length: 11 }).keys(),
    ]);
  });

  it("sees a run end as a fault says, only where it is meant", async () => {
    await admin.inject({ kind: "run-outcome", outcome: "failed", targets: ["a_1"], count: 1 });
    const client = tencentClient(simulator);
    const InstanceKeyList = ["a_1", "b_1"];

    await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList });

    const [failed, succeeded] = await vi.waitFor(async () => {
      const keys = InstanceKeyList.map((InstanceKey) => ({ ProjectId: "1", InstanceKey }));
      const reads = await Promise.all(keys.map(async (key) => client.GetTaskInstance(key)));
      expect(reads.every(({ Data }) => Data?.EndTime)).toBe(true);
      return reads;
    });
    expect(failed?.Data).toMatchObject({ InstanceState: "EXPIRED", TotalRunNum: 2 });
    expect(succeeded?.Data).toMatchObject({ InstanceState: "COMPLETED", TotalRunNum: 2 });
    const { Data } = await client.ListTaskInstanceExecutions(instance);
    expect(Data?.Items?.[1]).toMatchObject({
      InstanceState: "EXPIRED",
      RunType: "RERUN",
      ExecutionPhaseList: [
        { DetailState: "WAIT_RUN" },
        { DetailState: "RUNNING" },
        { DetailState: "EXPIRED" },
      ],
    });
  });

  it("sees nothing of a rerun while the evidence lags", async () => {
    await admin.inject({ kind: "evidence-lag", ms: 600_000, count: 1 });
    const client = tencentClient(simulator);
    const before = await client.GetTaskInstance(instance);

    await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList: ["a_1", "b_1"] });
    await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList: ["b_1"] });

    const after = await client.GetTaskInstance(instance);
    const other = await client.GetTaskInstance({ ...instance, InstanceKey: "b_1" });
    expect(after.Data).toStrictEqual(before.Data);
    expect(other.Data?.TotalRunNum).toBe(2);
    expect(await admin.arrivals()).toMatchObject([{}, { ranTargets: ["a_1", "b_1"] }, {}, {}, {}]);
  });

  it.each([
    ["too large a page", { PageSize: 201 }, "InvalidParameterValue"],
    ["page zero", { PageNumber: 0 }, "InvalidParameterValue"],
    ["a text for a size", { PageSize: "10" }, "InvalidParameter"],
    ["no project", { ProjectId: undefined }, "MissingParameter"],
    ["an instance that does not exist", { InstanceKey: "absent" }, "FailedOperation"],
  ])("is refused with %s", async (_name, change, code) => {
    const request = { ...instance, ...change };

    const call = tencentClient(simulator).request("ListTaskInstanceExecutions", request);

    await expect(call).rejects.toMatchObject({ code });
  });
});
