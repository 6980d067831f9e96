import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { alibabaKey, callAlibaba, parseExactly, rerunDataworks } from "./cloud-callers.ts";

const beyondDouble = "9007199254740993";
const largest = "9223372036854775807";

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [alibabaKey],
    instanceRunMs: 30,
    deniedTargets: ["404"],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

interface Row {
  readonly Id: number | string;
  readonly ProjectId: number;
  readonly Bizdate: number;
  readonly RunNumber: number;
  readonly Status: string;
}

const get = async (Id: string): Promise<Row> => {
  const query = { Id };
  const call = { action: "GetTaskInstance", method: "GET" as const, query };
  const answer = parseExactly(await callAlibaba(simulator, call));
  return (answer as { TaskInstance: Row }).TaskInstance;
};
const listText = async (body: Record<string, unknown>) =>
  callAlibaba(simulator, { action: "ListTaskInstances", body });
/** Lists as a caller must: with the project and business date that an instance's own reading told. */
const list = async (known: string, body: Record<string, unknown>) => {
  const { ProjectId, Bizdate } = await get(known);
  const answer = parseExactly(await listText({ ProjectId, Bizdate, ...body }));
  return (answer as { PagingInfo: { TotalCount: number; TaskInstances: Row[] } }).PagingInfo;
};
const logs = async (query: Record<string, string>) => {
  const call = { action: "ListTaskInstanceOperationLogs", method: "GET" as const, query };
  const answer = parseExactly(await callAlibaba(simulator, call));
  return (answer as { PagingInfo: { OperationLogs: Record<string, unknown>[] } }).PagingInfo;
};

describe("Alibaba's own client, at instances of DataWorks", () => {
  it("reads where an instance belongs, its ids digit for digit", async () => {
    const TaskInstance = await get(largest);

    expect(TaskInstance).toMatchObject({
      Id: largest,
      ProjectId: 10_001,
      ProjectEnv: "Prod",
      TaskId: "922337203685477580",
      WorkflowInstanceId: "922337203685477581",
      RunNumber: 1,
      Status: "Failure",
      ModifyUser: "2000",
    });
    const dayMs = 24 * 3_600_000;
    expect((TaskInstance.Bizdate + 8 * 3_600_000) % dayMs).toBe(0);
    expect(Date.now() - TaskInstance.Bizdate).toBeGreaterThan(dayMs - 120_000);
  });

  it("lists instances by their ids, once each, the highest id first", async () => {
    await rerunDataworks(simulator, [largest]);

    const page = await list(largest, { Ids: `[12,${largest},404,${beyondDouble}]` });

    expect(page).toMatchObject({
      PageNumber: 1,
      PageSize: 10,
      TotalCount: 3,
      TaskInstances: [
        { Id: largest, RunNumber: 2 },
        { Id: beyondDouble, RunNumber: 1 },
        { Id: 12, RunNumber: 1 },
      ],
    });
  });

  it("lists one instance's runs, newest first", async () => {
    await rerunDataworks(simulator, ["12"]);
    await rerunDataworks(simulator, ["12"]);
    await vi.waitFor(async () => expect(await get("12")).toMatchObject({ Status: "Success" }));

    const { TaskInstances } = await list("12", { Id: "12" });

    expect(TaskInstances).toMatchObject([
      { Id: 12, RunNumber: 3, Status: "Success", ModifyUser: "1000" },
      { Id: 12, RunNumber: 2 },
      { Id: 12, RunNumber: 1, Status: "Failure", ModifyUser: "2000" },
    ]);
  });

  it("lists all that is known by pages, in the order that is asked for", async () => {
    for (const id of ["1", "2", "3"]) {
      await get(id);
    }

    const page = await list("1", { PageNumber: 2, PageSize: 2, SortBy: "Id Asc" });

    expect(page).toMatchObject({ TotalCount: 3, TaskInstances: [{ Id: 3 }] });
  });

  it.each([
    ["another project", { ProjectId: "7" }],
    ["another day", { Bizdate: "1743350400000" }],
    ["another status", { Status: "Running" }],
    ["the other environment", { ProjectEnv: "Dev" }],
    ["another task", { TaskIds: "[7]" }],
    ["another name", { TaskName: "nothing" }],
  ])("lists nothing of %s", async (_name, change) => {
    expect(await list("12", { Ids: "[12]", ...change })).toMatchObject({
      TotalCount: 0,
      TaskInstances: [],
    });
  });

  it.each([
    ["no project", { ProjectId: undefined }, "MissingParameter"],
    ["no business date", { Bizdate: undefined }, "MissingParameter"],
    ["a date for ms", { Bizdate: "2025-10-01" }, "InvalidParameter"],
    ["ids in quotes", { Ids: '["12"]' }, "InvalidParameter"],
    ["too large a page", { PageSize: "201" }, "InvalidParameter"],
    ["an order that there is not", { SortBy: "Name" }, "InvalidParameter"],
    ["a filter, which nobody simulates", { Filter: "{}" }, "InvalidParameter"],
    ["an unknown parameter", { InstanceIds: "[12]" }, "InvalidParameter"],
  ])("is refused with %s", async (_name, change, code) => {
    const call = listText({ ProjectId: "10001", Bizdate: "1743350400000", ...change });

    await expect(call).rejects.toMatchObject({ code, data: { statusCode: 400 } });
  });

  it("is refused with the parameters or the method of another action", async () => {
    const query = { ProjectId: "10001", Bizdate: "1743350400000" };
    const inQuery = callAlibaba(simulator, { action: "ListTaskInstances", query });
    await expect(inQuery).rejects.toMatchObject({ code: "InvalidParameter" });

    const posted = callAlibaba(simulator, {
      action: "ListTaskInstanceOperationLogs",
      query: { Id: "12" },
    });
    await expect(posted).rejects.toMatchObject({ code: "UnsupportedHTTPMethod" });
  });

  it("finds each rerun in the operation log, with who did it", async () => {
    const startedAtMs = Date.now();
    await rerunDataworks(simulator, [largest], { body: { Comment: "not repeated" } });
    await admin.rerunByHand({ cloud: "alibaba", target: largest });

    const { OperationLogs } = await logs({ Id: largest });

    expect(OperationLogs).toMatchObject([
      { TaskInstanceId: largest, User: "1000", OperationContent: "Rerun the instance." },
      { TaskInstanceId: largest, User: "2000" },
    ]);
    expect(OperationLogs[0]?.["CreateTime"]).toBeGreaterThanOrEqual(startedAtMs);
  });

  it("finds the operation log of one day, by pages", async () => {
    await rerunDataworks(simulator, ["12"]);
    await rerunDataworks(simulator, ["12"]);

    const second = await logs({ Id: "12", PageNumber: "2", PageSize: "1" });
    const longAgo = await logs({ Id: "12", Date: "1743350400000" });

    expect(second).toMatchObject({ TotalCount: 2, OperationLogs: [{ OperationSeq: "2" }] });
    expect(longAgo).toMatchObject({ TotalCount: 0, OperationLogs: [] });
  });

  it("is refused an operation log of no instance", async () => {
    await expect(logs({})).rejects.toMatchObject({ code: "MissingParameter" });
  });

  it("sees no run, no row and no log while the evidence lags", async () => {
    await admin.inject({ kind: "evidence-lag", ms: 600_000 });
    const before = await get("12");

    await rerunDataworks(simulator, ["12"]);

    expect(await get("12")).toStrictEqual(before);
    expect(await list("12", { Id: "12" })).toMatchObject({ TotalCount: 1 });
    expect(await logs({ Id: "12" })).toMatchObject({ TotalCount: 0 });
  });

  it("sees the failure of a run that a fault lets fail", async () => {
    await admin.inject({ kind: "run-outcome", outcome: "failed", filter: { target: "12" } });

    await rerunDataworks(simulator, ["12"]);

    await vi.waitFor(async () =>
      expect(await get("12")).toMatchObject({ RunNumber: 2, Status: "Failure" }),
    );
  });
});
