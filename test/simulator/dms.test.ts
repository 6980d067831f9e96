import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { alibabaKey, callDms, parseExactly, rerunDataworks } from "./cloud-callers.ts";

const beyondDouble = "9007199254740993";
const largest = "9223372036854775807";
const page = { PageIndex: "1", PageSize: "20" };
const time: unknown = expect.stringMatching(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [alibabaKey],
    instanceRunMs: 30,
    deniedTargets: ["404"],
    flows: [{ flowId: "70", instanceIds: ["1", largest] }],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

interface Listing {
  readonly Success: boolean;
  readonly TotalCount: number;
  readonly DAGInstanceList: { readonly DAGInstance: readonly Record<string, unknown>[] };
}

const rerun = async (query: Record<string, string>, tls = false) =>
  callDms(simulator, "ReRunTaskFlowInstance", query, { tls });
const list = async (query: Record<string, string>) =>
  parseExactly(await callDms(simulator, "ListTaskFlowInstance", { ...page, ...query })) as Listing;
const rows = async (query: Record<string, string>) =>
  (await list(query)).DAGInstanceList.DAGInstance;

describe("Alibaba's own client, at task flows of DMS", () => {
  it.each([
    ["the least, over HTTP", false, {}],
    ["every parameter, over HTTPS", true, { DagVersion: "[]", Tid: beyondDouble }],
  ])("reruns with %s", async (_name, tls, extra) => {
    const answer = await rerun({ DagId: "7", DagInstanceId: largest, ...extra }, tls);

    const [arrival] = await admin.arrivals();
    expect(JSON.parse(answer)).toStrictEqual({
      RequestId: arrival?.requestId,
      Success: true,
      ErrorCode: "UnknownError",
      ErrorMessage: "UnknownError",
    });
    expect(arrival).toMatchObject({
      cloud: "alibaba",
      product: "dms",
      action: "ReRunTaskFlowInstance",
      version: "2018-11-01",
      effect: "rerun",
      targets: [largest],
      ranTargets: [largest],
      executed: true,
      answer: "success",
    });
  });

  it.each([
    ["that does not exist", "404"],
    ["that a fault makes fail", "12"],
  ])("is told of a record %s by Success false, with HTTP 200", async (_name, DagInstanceId) => {
    await admin.inject({ kind: "partial-success", targets: ["12"] });

    const answer = await rerun({ DagId: "7", DagInstanceId });

    expect(JSON.parse(answer)).toMatchObject({
      Success: false,
      ErrorCode: "DagInstanceCannotRerun",
    });
    expect(await admin.arrivals()).toMatchObject([
      { answer: "success", executed: false, targets: [DagInstanceId], ranTargets: [] },
    ]);
  });

  it.each([
    ["no task flow", { DagInstanceId: "12" }, "MissingParameter"],
    ["no record", { DagId: "7" }, "MissingParameter"],
    ["an id that is no long", { DagId: "7", DagInstanceId: "12.0" }, "InvalidParameter"],
    [
      "an id beyond a long",
      { DagId: "7", DagInstanceId: "9223372036854775808" },
      "InvalidParameter",
    ],
    ["an unknown parameter", { DagId: "7", DagInstanceId: "1", Foo: "1" }, "InvalidParameter"],
  ])("is refused with %s", async (_name, query, code) => {
    await expect(rerun(query)).rejects.toMatchObject({ code, data: { statusCode: 400 } });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, targets: [], code }]);
  });

  it.each([
    ["a body", { body: { DagId: "7", DagInstanceId: "12" } }, "InvalidParameter"],
    ["another method", { method: "GET" as const }, "UnsupportedHTTPMethod"],
    ["the version of DataWorks", { version: "2024-05-18" }, "InvalidApi.NotFound"],
    ["a wrong secret", { key: { id: "test-id", secret: "x" } }, "SignatureDoesNotMatch"],
  ])("is refused with %s", async (_name, extra, code) => {
    const query = { DagId: "7", DagInstanceId: "12" };

    const call = callDms(simulator, "ReRunTaskFlowInstance", query, extra);

    await expect(call).rejects.toMatchObject({ code });
  });

  it("is refused when it repeats a nonce", async () => {
    const headers = { "x-acs-signature-nonce": "test-nonce" };
    const query = { DagId: "7", DagInstanceId: "12" };
    await callDms(simulator, "ReRunTaskFlowInstance", query, { headers });

    const again = callDms(simulator, "ReRunTaskFlowInstance", query, { headers });

    await expect(again).rejects.toMatchObject({ code: "SignatureNonceUsed" });
  });

  it("lists nothing of a flow that nobody named", async () => {
    expect(await list({ DagId: "7" })).toMatchObject({
      Success: true,
      TotalCount: 0,
      DAGInstanceList: { DAGInstance: [] },
    });
  });

  it("lists what was seeded, at the start and later, also after a reset", async () => {
    await admin.seedFlow({ flowId: "70", instanceIds: ["2"] });

    expect(await list({ DagId: "70" })).toMatchObject({
      TotalCount: 3,
      DAGInstanceList: {
        DAGInstance: [
          {
            Id: 1,
            DagId: "70",
            Status: 3,
            TriggerType: 0,
            BusinessTime: time,
            startTime: time,
            EndTime: time,
          },
          { Id: largest },
          { Id: 2 },
        ],
      },
    });
    await admin.reset();
    expect(await rows({ DagId: "70" })).toMatchObject([{ Id: 1 }, { Id: largest }]);
  });

  it("lists a record from its rerun on, under the same id, until it has succeeded", async () => {
    await rerun({ DagId: "7", DagInstanceId: beyondDouble });

    const [row] = await vi.waitFor(async () => {
      const found = await rows({ DagId: "7" });
      expect(found).toMatchObject([{ Status: 4 }]);
      return found;
    });

    expect(row).toMatchObject({ Id: beyondDouble, TriggerType: 0, EndTime: time });
  });

  it("sees a rerun by a newer start and by the end that is gone", async () => {
    await admin.inject({ kind: "run-outcome", outcome: "never" });
    const [before] = await rows({ DagId: "70", PageSize: "1" });

    await rerun({ DagId: "70", DagInstanceId: "1" });

    const after = await vi.waitFor(async () => {
      const found = (await rows({ DagId: "70" })).find(({ Id }) => Id === 1);
      expect(found).toMatchObject({ Status: 1 });
      return found;
    });
    expect(before).toMatchObject({ Id: 1, Status: 3 });
    expect(after).not.toHaveProperty("EndTime");
    expect(String(after?.["startTime"]) > String(before?.["startTime"])).toBe(true);
  });

  it("sees a new record, made by hand, where a fault lets reruns make them", async () => {
    await admin.inject({ kind: "new-instance", count: 1 });

    await rerun({ DagId: "70", DagInstanceId: "1" });

    expect(await rows({ DagId: "70", TriggerType: "1" })).toMatchObject([{ Id: 2 }]);
    expect(await rows({ DagId: "70", TriggerType: "0" })).toMatchObject([
      { Id: 1, Status: 3 },
      { Id: largest },
    ]);
    expect(await admin.arrivals()).toMatchObject([{ ranTargets: ["1"] }, {}, {}]);
  });

  it("sees neither a rerun nor a new record while the evidence lags", async () => {
    const before = await rows({ DagId: "70" });
    await admin.inject({ kind: "evidence-lag", ms: 600_000 });
    await admin.inject({ kind: "new-instance", filter: { target: "1" }, count: 1 });

    await rerun({ DagId: "70", DagInstanceId: "1" });
    await rerun({ DagId: "70", DagInstanceId: largest });

    expect(await rows({ DagId: "70" })).toStrictEqual(before);
  });

  it("lists by day of the start or of the business time, by status and by pages", async () => {
    const [row] = await rows({ DagId: "70" });
    const today = String(row?.["startTime"]).slice(0, 10);
    const businessDay = String(row?.["BusinessTime"]).slice(0, 10);
    const count = async (query: Record<string, string>) =>
      (await list({ DagId: "70", ...query })).TotalCount;

    expect(await count({ StartTimeBegin: today })).toBe(2);
    expect(await count({ StartTimeBegin: "9999-01-01" })).toBe(0);
    expect(await count({ StartTimeEnd: businessDay })).toBe(0);
    expect(await count({ StartTimeEnd: businessDay, UseBizDate: "true" })).toBe(2);
    expect(await count({ StartTimeEnd: businessDay, UseBizDate: "false" })).toBe(0);
    expect(await count({ Status: "3" })).toBe(2);
    expect(await count({ Status: "4" })).toBe(0);
    expect(await rows({ DagId: "70", PageIndex: "2", PageSize: "1" })).toMatchObject([
      { Id: largest },
    ]);
  });

  it.each([
    ["no page", { PageIndex: "" }, "MissingParameter"],
    ["too large a page", { PageSize: "201" }, "InvalidParameter"],
    ["a time for a day", { StartTimeBegin: "2025-10-01 00:00:00" }, "InvalidParameter"],
    ["a status that there is not", { Status: "6" }, "InvalidParameter"],
  ])("is refused a listing with %s", async (_name, change, code) => {
    await expect(list({ DagId: "70", ...change })).rejects.toMatchObject({ code });
  });

  it("reads the nodes of a record, which its flow lists from then on", async () => {
    const query = { DagId: "7", DagInstanceId: largest };

    const answer = parseExactly(await callDms(simulator, "GetTaskInstanceRelation", query));

    expect(answer).toMatchObject({
      Success: true,
      NodeList: {
        Node: [
          { Id: "922337203685477581", Status: 3, EndTime: time, ExecuteTime: 0 },
          { Id: "922337203685477582", Status: 3 },
        ],
      },
    });
    expect(await rows({ DagId: "7" })).toMatchObject([{ Id: largest }]);
  });

  it("is told by Success false that a record has no nodes because it does not exist", async () => {
    const query = { DagId: "7", DagInstanceId: "404" };

    const answer = await callDms(simulator, "GetTaskInstanceRelation", query);

    expect(JSON.parse(answer)).toMatchObject({ Success: false, ErrorCode: "DagInstanceNotFound" });
    expect(await rows({ DagId: "7" })).toStrictEqual([]);
  });

  it("does not mix its records up with DataWorks' instances of the same id", async () => {
    await rerunDataworks(simulator, ["1"]);

    expect(await rows({ DagId: "70" })).toMatchObject([{ Id: 1, Status: 3 }, {}]);
  });

  it("refuses seeds that are no ids", async () => {
    const seeded = admin.seedFlow({ flowId: "70", instanceIds: ["one"] });

    await expect(seeded).rejects.toThrow("refused POST /flows");
  });
});
