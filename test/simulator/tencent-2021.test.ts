import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { tencentClient, tencentClient2021, tencentKey } from "./cloud-callers.ts";

const date = "2025-10-01 00:00:00";
const minimal = {
  ProjectId: "1460",
  Instances: [{ TaskId: "2025", CurRunDate: date }],
  CheckFather: true,
  RerunType: "1",
  SkipEventListening: false,
  AsyncMode: true,
};
const full = {
  ...minimal,
  Instances: [
    { TaskId: "2025", CurRunDate: date, TaskName: "", SonList: "", Tries: 1, IgnoreEvent: false },
    {
      TaskId: "2026",
      CurRunDate: date,
      Privileges: ["READ"],
      Ext: { K: "k", V: "v" },
      TaskType: { TypeId: 35 },
    },
  ],
  DependentWay: "1",
  SonInstanceType: "2",
  SearchCondition: {
    Instance: { TaskName: "a" },
    Keyword: "k",
    StateList: [4],
    TaskTypeMap: [{ Key: 1, Value: "v" }],
    OnlyRerun: true,
  },
  OptType: "o",
  OperatorName: "tom",
  OperatorId: "128765",
  ProjectIdent: "pro_1",
  ProjectName: "pro_1",
  PageIndex: 1,
  PageSize: 10,
  Count: 10,
  RequestBaseInfo: { ProjectId: "1460", IsAdmin: false },
  IsCount: true,
  CheckParentType: "ALL",
  SameSelfDependType: true,
  ParallelNum: 2,
  SameSelfWorkflowDependType: true,
  SelfWorkflowDependency: "yes",
  DataTimeOrder: 0,
  ReDoParams: "{}",
  MapParamList: [
    { K: "käy", V: "välue" },
    { K: "k", V: "v" },
  ],
  AppParam: "a",
};
const key = `2025_${date}`;

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [tencentKey],
    instanceRunMs: 30,
    deniedTargets: [`404_${date}`],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

const of = (...taskIds: string[]) => ({
  ...minimal,
  Instances: taskIds.map((TaskId) => ({ TaskId, CurRunDate: date })),
});

describe("Tencent's own client of 2021-08-20", () => {
  it.each([
    ["the least, over HTTP", false, minimal, [key]],
    ["every parameter, over HTTPS", true, full, [key, `2026_${date}`]],
  ])("reruns with %s", async (_name, tls, request, targets) => {
    const client = tencentClient2021(simulator, { tls });

    const answer = await client.RunRerunScheduleInstances(request);

    expect(answer.Data).toStrictEqual({
      Result: true,
      ErrorId: null,
      ErrorDesc: null,
      AsyncActionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(await admin.arrivals()).toMatchObject([
      {
        product: "wedata",
        action: "RunRerunScheduleInstances",
        version: "2021-08-20",
        effect: "rerun",
        targets,
        ranTargets: targets,
        executed: true,
        answer: "success",
      },
    ]);
  });

  it.each([
    ["that does not exist", ["404"], []],
    ["that a fault makes fail", ["2025"], [key]],
  ])("is told of an instance %s by Result false, without an error", async (_name, ids, failing) => {
    const targets = ["nobody", ...failing];
    await admin.inject({ kind: "partial-success", targets });

    const { Data } = await tencentClient2021(simulator).RunRerunScheduleInstances(of(...ids));

    expect(Data).toMatchObject({
      Result: false,
      ErrorId: "RERUN_REFUSED",
      ErrorDesc: expect.stringMatching(/instance/) as string,
      AsyncActionId: null,
    });
    expect(await admin.arrivals()).toMatchObject([
      { answer: "success", executed: false, ranTargets: [] },
    ]);
  });

  it("is not told that only some instances ran", async () => {
    const { Data } = await tencentClient2021(simulator).RunRerunScheduleInstances(
      of("404", "2025"),
    );

    expect(Data?.Result).toBe(true);
    expect(await admin.arrivals()).toMatchObject([{ executed: true, ranTargets: [key] }]);
  });

  it.each([
    ["no data", '{"Response":{"Data":null,"RequestId":"r"}}', null],
    ["no result", '{"Response":{"Data":{"Result":null},"RequestId":"r"}}', { Result: null }],
    [
      "any refusal",
      '{"Response":{"Data":{"Result":false,"ErrorId":"1","ErrorDesc":"no"},"RequestId":"r"}}',
      { Result: false, ErrorId: "1", ErrorDesc: "no" },
    ],
  ])("can be answered with %s, by the garbage fault", async (_name, body, data) => {
    await admin.inject({ kind: "garbage", body, executed: true });

    const answer = await tencentClient2021(simulator).RunRerunScheduleInstances(minimal);

    expect(answer.Data).toStrictEqual(data);
    expect(await admin.arrivals()).toMatchObject([{ answer: "garbage", ranTargets: [key] }]);
  });

  it.each([
    ["no project", { ProjectId: undefined }, "MissingParameter"],
    ["no mode", { AsyncMode: undefined }, "MissingParameter"],
    ["no instances", { Instances: [] }, "InvalidParameterValue"],
    ["an instance without a date", { Instances: [{ TaskId: "1" }] }, "MissingParameter"],
    ["an instance's key alone", { Instances: [key] }, "InvalidParameter"],
    [
      "an unknown field of an instance",
      { Instances: [{ TaskId: "1", CurRunDate: date, Foo: "" }] },
      "UnknownParameter",
    ],
    [
      "a number for a text of an instance",
      { Instances: [{ TaskId: 1, CurRunDate: date }] },
      "InvalidParameter",
    ],
    ["one pair for a list of pairs", { MapParamList: { K: "k", V: "v" } }, "InvalidParameter"],
    ["an unknown name in a pair", { MapParamList: [{ Key: "k" }] }, "UnknownParameter"],
    ["a text for a boolean", { CheckFather: "true" }, "InvalidParameter"],
    ["a parameter of 2025", { InstanceKeyList: ["a_1"] }, "UnknownParameter"],
    ["a type that is not allowed", { RerunType: "4" }, "InvalidParameterValue"],
    ["an order that is not allowed", { DataTimeOrder: 3 }, "InvalidParameterValue"],
  ])("is refused with %s", async (_name, change, code) => {
    const request = { ...minimal, ...change };

    const call = tencentClient2021(simulator).request("RunRerunScheduleInstances", request);

    await expect(call).rejects.toMatchObject({ code });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, targets: [], code }]);
  });

  it("finds no action of the other version", async () => {
    const later = tencentClient(simulator).request("RunRerunScheduleInstances", minimal);
    await expect(later).rejects.toMatchObject({ code: "InvalidAction" });

    const earlier = tencentClient2021(simulator).request("RerunTaskInstancesAsync", {});
    await expect(earlier).rejects.toMatchObject({ code: "InvalidAction" });
  });

  it("reads an instance, numbers for states, before and after its rerun", async () => {
    const client = tencentClient2021(simulator);
    const instance = { ProjectId: "1460", InstanceKey: key };
    const before = await client.GetTaskInstance(instance);
    await client.RunRerunScheduleInstances(minimal);

    const after = await vi.waitFor(async () => {
      const read = await client.GetTaskInstance(instance);
      expect(read.Data?.InstanceState).toBe(2);
      return read;
    });

    expect(before.Data).toMatchObject({
      InstanceKey: key,
      TaskId: "2025",
      CurRunDate: date,
      InstanceState: 4,
      TotalRunNum: 1,
      LifeRoundNum: 0,
      InstanceRunType: "PERIODIC",
      InstanceLifeCycleList: [{ LifeRoundNum: 0, RunType: "PERIODIC", InstanceState: 4 }],
    });
    expect(after.Data).toMatchObject({
      TotalRunNum: 2,
      LifeRoundNum: 1,
      InstanceRunType: "RERUN",
      InstanceLifeCycleList: [
        { LifeRoundNum: 0, InstanceState: 4 },
        {
          InstanceKey: key,
          LifeRoundNum: 1,
          RunType: "RERUN",
          InstanceState: 2,
          LifeCycleDetailList: [
            { DetailState: "WAIT_RUN" },
            { DetailState: "RUNNING" },
            { DetailState: "COMPLETE" },
          ],
        },
      ],
    });
  });

  it("prints times in the zone that it names its own way", async () => {
    const client = tencentClient2021(simulator);
    const instance = { ProjectId: "1460", InstanceKey: key };

    const [china, london] = await Promise.all([
      client.GetTaskInstance(instance),
      client.GetTaskInstance({ ...instance, ScheduleTimeZone: "UTC+0" }),
    ]);

    const ms = (text: string | undefined) => Date.parse(`${text ?? ""}Z`);
    expect(ms(china.Data?.StartTime) - ms(london.Data?.StartTime)).toBe(8 * 3_600_000);
    const wrong = client.request("GetTaskInstance", { ...instance, TimeZone: "UTC+0" });
    await expect(wrong).rejects.toMatchObject({ code: "UnknownParameter" });
  });

  it("is refused for an instance that does not exist", async () => {
    const call = tencentClient2021(simulator).GetTaskInstance({
      ProjectId: "1460",
      InstanceKey: `404_${date}`,
    });

    await expect(call).rejects.toMatchObject({ code: "FailedOperation" });
  });
});
