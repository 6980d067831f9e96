import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import { tencentClient, tencentKey } from "./cloud-callers.ts";
import { startTamperingProxy } from "./tampering-proxy.ts";

const stsKey = {
  cloud: "tencent",
  id: "test-sts-id",
  secret: "test-secret",
  token: "test-token",
} as const;
const minimal = { ProjectId: "1460", InstanceKeyList: ["2025_2025-10-01 00:00:00"] };
const full = {
  ...minimal,
  RerunType: "2",
  CheckParentType: "MAKE_SCOPE",
  SonRangeType: "PROJECT",
  SkipEventListening: true,
  RedefineParallelNum: 3,
  RedefineSelfWorkflowDependency: "no",
  RedefineParamList: { K: "käy", V: "välue" },
};

let simulator: Simulator;
let admin: SimulatorAdmin;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [tencentKey, stsKey],
    jobDurationMs: 30,
    instanceRunMs: 30,
    deniedTargets: ["absent_2025"],
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => admin.reset());

describe("Tencent's own client", () => {
  it.each([
    ["the least, over HTTP", false, minimal],
    ["the least, over HTTPS", true, minimal],
    ["every parameter, over HTTP", false, full],
    ["every parameter, over HTTPS", true, full],
  ])("reruns with %s", async (_name, tls, request) => {
    const answer = await tencentClient(simulator, { tls }).RerunTaskInstancesAsync(request);

    const [arrival] = await admin.arrivals();
    expect(answer.Data?.AsyncId).toMatch(/^[0-9a-f-]{36}$/);
    expect(arrival).toMatchObject({
      sequence: 1,
      cloud: "tencent",
      action: "RerunTaskInstancesAsync",
      accessKeyId: "test-id",
      effect: "rerun",
      targets: minimal.InstanceKeyList,
      requestId: answer.RequestId,
      executed: true,
      answer: "success",
    });
  });

  it("is accepted under the name localhost, whose port it signs into the service", async () => {
    const client = tencentClient(simulator, { tls: true, host: "localhost" });

    const answer = await client.RerunTaskInstancesAsync(minimal);

    expect(answer.Data?.AsyncId).toBeDefined();
  });

  it("is accepted with the token that belongs to the key", async () => {
    const answer = await tencentClient(simulator, { key: stsKey }).RerunTaskInstancesAsync(minimal);

    expect(answer.Data?.AsyncId).toBeDefined();
  });

  it.each([
    ["an unknown key", { id: "nobody", secret: "test-secret" }, "AuthFailure.SecretIdNotFound"],
    ["a wrong secret", { id: "test-id", secret: "wrong" }, "AuthFailure.SignatureFailure"],
    ["no token", { id: "test-sts-id", secret: "test-secret" }, "AuthFailure.TokenFailure"],
    ["a wrong token", { ...stsKey, token: "wrong" }, "AuthFailure.TokenFailure"],
    ["a token too many", { ...tencentKey, token: "test-token" }, "AuthFailure.TokenFailure"],
  ])("is refused with %s", async (_name, key, code) => {
    const call = tencentClient(simulator, { key }).RerunTaskInstancesAsync(minimal);

    await expect(call).rejects.toMatchObject({
      code,
      requestId: expect.stringMatching(/.{36}/) as string,
    });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, answer: "refused", code }]);
  });

  it.each([-400_000, 400_000])("is refused when the clocks differ by %d ms", async (skewMs) => {
    await admin.inject({ kind: "wrong-clock", skewMs });

    const call = tencentClient(simulator).RerunTaskInstancesAsync(minimal);

    await expect(call).rejects.toMatchObject({ code: "AuthFailure.SignatureExpire" });
  });

  it("is accepted when the clocks differ by less than five minutes", async () => {
    await admin.inject({ kind: "wrong-clock", skewMs: 290_000 });

    const answer = await tencentClient(simulator).RerunTaskInstancesAsync(minimal);

    expect(answer.Data?.AsyncId).toBeDefined();
  });

  it.each([
    ["no project", { InstanceKeyList: ["a_1"] }, "MissingParameter"],
    ["no instances", { ProjectId: "1" }, "MissingParameter"],
    ["an empty list", { ...minimal, InstanceKeyList: [] }, "InvalidParameterValue"],
    ["an unknown parameter", { ...minimal, Foo: "1" }, "UnknownParameter"],
    ["a number for a string", { ...minimal, ProjectId: 1460 }, "InvalidParameter"],
    ["a string for a list", { ...minimal, InstanceKeyList: "a_1" }, "InvalidParameter"],
    ["a number in a list of strings", { ...minimal, InstanceKeyList: [1] }, "InvalidParameter"],
    ["a string for a boolean", { ...minimal, SkipEventListening: "true" }, "InvalidParameter"],
    ["a fraction for an integer", { ...minimal, RedefineParallelNum: 1.5 }, "InvalidParameter"],
    [
      "a list of pairs for one pair",
      { ...minimal, RedefineParamList: [{ K: "k" }] },
      "InvalidParameter",
    ],
    [
      "an unknown name in a pair",
      { ...minimal, RedefineParamList: { Key: "k" } },
      "UnknownParameter",
    ],
    ["a value that is not allowed", { ...minimal, RerunType: "4" }, "InvalidParameterValue"],
  ])("is refused with %s", async (_name, request, code) => {
    const call = tencentClient(simulator).request("RerunTaskInstancesAsync", request);

    await expect(call).rejects.toMatchObject({ code });
    expect(await admin.arrivals()).toMatchObject([{ executed: false, targets: [], code }]);
  });

  it("is refused for an action that does not exist", async () => {
    const call = tencentClient(simulator).request("RunAway", {});

    await expect(call).rejects.toMatchObject({ code: "InvalidAction" });
  });

  it("is refused for a version that does not exist", async () => {
    const client = tencentClient(simulator);
    client.apiVersion = "1999-01-01";

    await expect(client.request("GetTaskInstance", {})).rejects.toMatchObject({
      code: "NoSuchVersion",
    });
  });

  it("is refused without a region", async () => {
    const client = tencentClient(simulator);
    client.region = "";

    const call = client.RerunTaskInstancesAsync(minimal);

    await expect(call).rejects.toMatchObject({ code: "MissingParameter" });
  });

  it("follows a job to its end and sees the instance run again", async () => {
    const client = tencentClient(simulator);
    const [InstanceKey = ""] = minimal.InstanceKeyList;
    const before = await client.GetTaskInstance({ ProjectId: "1460", InstanceKey });
    const { Data } = await client.RerunTaskInstancesAsync(minimal);
    const job = { ProjectId: "1460", AsyncId: Data?.AsyncId ?? "" };

    await vi.waitFor(async () => {
      expect((await client.GetOpsAsyncJob(job)).Data?.Status).toBe("SUCCESS");
    });
    const after = await vi.waitFor(async () => {
      const read = await client.GetTaskInstance({ ProjectId: "1460", InstanceKey });
      expect(read.Data?.InstanceState).toBe("COMPLETED");
      return read;
    });

    expect(before.Data).toMatchObject({ InstanceState: "EXPIRED", TotalRunNum: 1, TaskId: "2025" });
    expect(after.Data?.TotalRunNum).toBe(2);
  });

  it.each([
    [["absent_2025"], "FAIL", 1, 0],
    [["absent_2025", "there_2025"], "PART_SUCCESS", 2, 1],
  ])("sees the job of %j end in %s", async (InstanceKeyList, Status, total, succeeded) => {
    const client = tencentClient(simulator);

    const { Data } = await client.RerunTaskInstancesAsync({ ProjectId: "1", InstanceKeyList });
    const job = { ProjectId: "1", AsyncId: Data?.AsyncId ?? "" };

    await vi.waitFor(async () => {
      expect((await client.GetOpsAsyncJob(job)).Data).toMatchObject({
        Status,
        TotalSubProcessCount: total,
        SuccessSubProcessCount: succeeded,
      });
    });
  });

  it("is refused for a job or an instance that does not exist", async () => {
    const client = tencentClient(simulator);

    const job = client.GetOpsAsyncJob({ ProjectId: "1", AsyncId: "no-such-job" });
    await expect(job).rejects.toMatchObject({ code: "FailedOperation" });
    const instance = client.GetTaskInstance({ ProjectId: "1", InstanceKey: "absent_2025" });
    await expect(instance).rejects.toMatchObject({ code: "FailedOperation" });
  });
});

describe("a body changed on the way", () => {
  it.each([
    ["is accepted while it is the same", "1460", undefined],
    ["is refused when one digit differs", "1461", "AuthFailure.SignatureFailure"],
  ])("%s", async (_name, projectId, code) => {
    const proxy = await startTamperingProxy(simulator.tencentUrl, (body) =>
      body.replace("1460", projectId),
    );
    const client = tencentClient({ ...simulator, tencentUrl: proxy.url });

    const end = await client.RerunTaskInstancesAsync(minimal).catch((error: unknown) => error);
    await proxy.close();

    expect((end as { code?: string }).code).toBe(code);
    expect(await admin.arrivals()).toMatchObject([{ executed: code === undefined }]);
  });
});
