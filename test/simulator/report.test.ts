import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { ArrivalBook } from "../../dev/simulator/arrivals.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { summarise } from "../../dev/simulator/summary.ts";
import {
  alibabaKey,
  callAlibaba,
  callDms,
  rerunDataworks,
  tencentClient,
  tencentClient2021,
  tencentKey,
} from "./cloud-callers.ts";

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [tencentKey, alibabaKey],
    deniedTargets: ["404"],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

const readDataworks = async (id: string) =>
  callAlibaba(simulator, { action: "GetTaskInstance", method: "GET", query: { Id: id } });
const lateness = { worstTimerLatenessMs: 1.5, tickMs: 5 };

describe("the report", () => {
  it("counts calls per target and action, and windows of reruns only", async () => {
    await rerunDataworks(simulator, ["12", "9007199254740993"]);
    await readDataworks("12");
    await admin.inject({ kind: "throttle", count: 1 });
    await rerunDataworks(simulator, ["12"]).catch(() => undefined);
    const request = { ProjectId: "1", InstanceKeyList: ["12"] };
    await tencentClient(simulator).RerunTaskInstancesAsync(request);

    const summary = await admin.summary({ windowMs: 600_000 });

    const dataworks = { cloud: "alibaba", product: "dataworks" };
    const wedata = { cloud: "tencent", product: "wedata" };
    const ofAlibaba = { ...dataworks, accessKeyId: "test-id", version: "2024-05-18" };
    const ofTencent = { ...wedata, accessKeyId: "test-id", version: "2025-08-06" };
    expect(summary).toStrictEqual({
      windowMs: 600_000,
      arrivals: 4,
      targets: [
        { ...dataworks, target: "12", arrived: 2, executed: 1 },
        { ...dataworks, target: "9007199254740993", arrived: 1, executed: 1 },
        { ...wedata, target: "12", arrived: 1, executed: 1 },
      ],
      actions: [
        { ...ofAlibaba, action: "RerunTaskInstances", arrived: 2, executed: 1 },
        { ...ofAlibaba, action: "GetTaskInstance", arrived: 1, executed: 1 },
        { ...ofTencent, action: "RerunTaskInstancesAsync", arrived: 1, executed: 1 },
      ],
      busiestWindows: [
        { cloud: "alibaba", accessKeyId: "test-id", reruns: 2 },
        { cloud: "tencent", accessKeyId: "test-id", reruns: 1 },
      ],
      worstTimerLatenessMs: expect.any(Number) as number,
      tickMs: 5,
    });
  });

  it("tells products, versions and their targets apart, and counts one key's reruns together", async () => {
    const instance = { ProjectId: "1", InstanceKey: "a_1" };
    await tencentClient(simulator).GetTaskInstance(instance);
    await tencentClient2021(simulator).GetTaskInstance(instance);
    await rerunDataworks(simulator, ["12"]);
    await callDms(simulator, "ReRunTaskFlowInstance", { DagId: "7", DagInstanceId: "12" });

    const { actions, targets, busiestWindows } = await admin.summary({ windowMs: 600_000 });

    expect(actions).toMatchObject([
      { product: "wedata", action: "GetTaskInstance", version: "2025-08-06", arrived: 1 },
      { product: "wedata", action: "GetTaskInstance", version: "2021-08-20", arrived: 1 },
      { product: "dataworks", action: "RerunTaskInstances", version: "2024-05-18", arrived: 1 },
      { product: "dms", action: "ReRunTaskFlowInstance", version: "2018-11-01", arrived: 1 },
    ]);
    expect(targets).toMatchObject([
      { product: "dataworks", target: "12", arrived: 1, executed: 1 },
      { product: "dms", target: "12", arrived: 1, executed: 1 },
    ]);
    expect(busiestWindows).toStrictEqual([{ cloud: "alibaba", accessKeyId: "test-id", reruns: 2 }]);
  });

  it("does not count what somebody else reran, which readings show all the same", async () => {
    await admin.rerunByHand({ cloud: "alibaba", target: "12" });
    await admin.rerunByHand({ product: "dms", target: "13" });
    await admin.rerunByHand({ cloud: "tencent", target: "a_1" });
    const wedata = await tencentClient(simulator).GetTaskInstance({
      ProjectId: "1",
      InstanceKey: "a_1",
    });

    expect(await readDataworks("12")).toContain('"RunNumber":2');
    expect(await readDataworks("13")).toContain('"RunNumber":1');
    expect(wedata.Data?.TotalRunNum).toBe(2);
    expect((await admin.summary()).targets).toStrictEqual([]);
  });

  it.each([
    ["a product of the other cloud", { cloud: "tencent", product: "dms", target: "12" } as const],
    ["an id that no instance of Alibaba has", { cloud: "alibaba", target: "a_1" } as const],
    ["neither product nor cloud", { target: "12" } as const],
    ["no target", { cloud: "alibaba", target: "" } as const],
    ["an instance that does not exist", { cloud: "alibaba", target: "404" } as const],
  ])("refuses somebody else's rerun with %s", async (_name, rerun) => {
    await expect(admin.rerunByHand(rerun)).rejects.toThrow("refused POST /reruns");
  });

  it("gives the arrivals in order, or those beyond one already seen", async () => {
    await rerunDataworks(simulator, ["1"]);
    await rerunDataworks(simulator, ["2"]);

    const [first, second] = await admin.arrivals();

    expect([first?.sequence, second?.sequence]).toStrictEqual([1, 2]);
    expect(second?.at).toBeGreaterThan(first?.at ?? Infinity);
    expect(await admin.arrivals({ after: 1 })).toStrictEqual([second]);
  });

  it("books what is no call at all, and executes nothing", async () => {
    const response = await fetch(`${simulator.alibabaUrl}/elsewhere`);

    expect(response.status).toBe(400);
    expect(await admin.arrivals()).toMatchObject([
      {
        product: "unknown",
        action: "",
        version: "",
        accessKeyId: "",
        effect: "unknown",
        executed: false,
        answer: "refused",
      },
    ]);
  });

  it("forgets arrivals, faults, nonces and runs at a reset", async () => {
    const headers = { "x-acs-signature-nonce": "test-nonce" };
    await rerunDataworks(simulator, ["12"], { headers });
    await admin.inject({ kind: "throttle" });

    await admin.reset();

    expect(await admin.arrivals()).toStrictEqual([]);
    expect(await admin.faults()).toStrictEqual([]);
    expect(await readDataworks("12")).toContain('"RunNumber":1');
    expect(await rerunDataworks(simulator, ["12"], { headers })).toContain("Success");
  });

  it("refuses a window that is none", async () => {
    await expect(admin.summary({ windowMs: 0 })).rejects.toThrow("windowMs");
  });

  it("keeps the busiest windows of two keys apart", () => {
    const arrivals = new ArrivalBook();
    const head = {
      cloud: "alibaba",
      product: "dataworks",
      action: "RerunTaskInstances",
      version: "2024-05-18",
      requestId: "r",
    } as const;
    for (const [at, accessKeyId] of [
      [0, "one"],
      [1, "two"],
      [999, "one"],
      [1000, "one"],
    ] as const) {
      arrivals.open({ ...head, at, accessKeyId, effect: "rerun" });
    }

    const { busiestWindows } = summarise(arrivals.after(0), 1000, lateness);

    expect(busiestWindows).toStrictEqual([
      { cloud: "alibaba", accessKeyId: "one", reruns: 2 },
      { cloud: "alibaba", accessKeyId: "two", reruns: 1 },
    ]);
  });

  it("counts up 100,000 arrivals", () => {
    const arrivals = new ArrivalBook();
    for (let index = 0; index < 100_000; index += 1) {
      const note = arrivals.open({
        at: index,
        cloud: "tencent",
        product: "wedata",
        action: "RerunTaskInstancesAsync",
        version: "2025-08-06",
        accessKeyId: "test-id",
        effect: "rerun",
        requestId: `request-${index}`,
      });
      note({
        targets: [`t${index}`],
        ranTargets: [`t${index}`],
        executed: true,
        answer: "success",
      });
    }

    const summary = summarise(arrivals.after(0), 1000, lateness);

    expect(summary.targets).toHaveLength(100_000);
    expect(summary.busiestWindows).toMatchObject([{ reruns: 1000 }]);
  });
});
