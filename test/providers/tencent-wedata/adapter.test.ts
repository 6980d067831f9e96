import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimulatorAdmin } from "../../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../../dev/simulator/simulator.ts";
import type { RerunCall } from "../../../src/domain/provider.ts";
import type { TencentRerunTaskInstances } from "../../../src/domain/operation.ts";
import { type OpenProvider, openProvider } from "../../../src/providers/open-provider.ts";
import { aDataWorksRerun, aTencentRerun } from "../../support/a-received-request.ts";
import { aProviderConfig, neverAborted, openGate } from "../../support/provider-config.ts";
import { openRecordingCloud, type RecordingCloud } from "../../support/recording-cloud.ts";

const KIND = "tencent-wedata";
const terms = { gate: openGate, signal: neverAborted };
const callOf = (operation: TencentRerunTaskInstances): RerunCall => ({
  claimId: "claim-1",
  operation,
  targets: operation.instanceKeys,
});

const opened: OpenProvider[] = [];
const open = async (at: Parameters<typeof aProviderConfig>[1]) => {
  const provider = await openProvider(aProviderConfig(KIND, at));
  opened.push(provider);
  return provider.provider;
};
afterEach(() => opened.splice(0).forEach((one) => one.close()));

const FULL = aTencentRerun({
  instanceKeys: ["重跑_2025-10-01 00:00:00", 'b"\\_2025-10-01 00:00:00'],
  rerunScope: "SELF_AND_CHILDREN",
  parentCheck: "MAKE_SCOPE",
  downstreamScope: "PROJECT",
  skipEventListening: true,
  parallelism: 7,
  selfWorkflowDependency: true,
  param: { key: "biz date", value: "2025-10-01 é" },
});

describe("what WeData receives", () => {
  let cloud: RecordingCloud;
  beforeEach(async () => {
    cloud = await openRecordingCloud('{"Response":{"Data":{"AsyncId":"j"},"RequestId":"r"}}');
  });
  afterEach(async () => cloud.close());

  it("is the minimum when nothing optional was given", async () => {
    await (await open(cloud)).rerun(callOf(aTencentRerun()), terms);

    expect(cloud.requests).toMatchObject([
      {
        method: "POST",
        url: "/",
        headers: {
          "x-tc-action": "RerunTaskInstancesAsync",
          "x-tc-version": "2025-08-06",
          "x-tc-region": "ap-test",
          "content-type": "application/json",
          connection: "close",
        },
      },
    ]);
    expect(JSON.parse(cloud.requests[0]?.body ?? "")).toStrictEqual({
      ProjectId: "1460947878944567296",
      InstanceKeyList: ["20250714200130106_2025-10-01 00:00:00"],
      RerunType: "1",
      CheckParentType: "NONE",
      SonRangeType: "WORKFLOW",
    });
  });

  it("is everything that was given, spelled as the API page does", async () => {
    await (await open(cloud)).rerun(callOf(FULL), terms);

    expect(JSON.parse(cloud.requests[0]?.body ?? "")).toStrictEqual({
      ProjectId: "1460947878944567296",
      InstanceKeyList: ["重跑_2025-10-01 00:00:00", 'b"\\_2025-10-01 00:00:00'],
      RerunType: "2",
      CheckParentType: "MAKE_SCOPE",
      SonRangeType: "PROJECT",
      SkipEventListening: true,
      RedefineParallelNum: 7,
      RedefineSelfWorkflowDependency: "yes",
      RedefineParamList: { K: "biz date", V: "2025-10-01 é" },
    });
  });

  it("is the project and the id when a job is read", async () => {
    const job = { jobId: "job-1", scope: { projectId: "p" } };
    await (await open(cloud)).readJob(job, callOf(aTencentRerun()), terms);

    expect(cloud.requests).toMatchObject([{ headers: { "x-tc-action": "GetOpsAsyncJob" } }]);
    expect(JSON.parse(cloud.requests[0]?.body ?? "")).toStrictEqual({
      ProjectId: "p",
      AsyncId: "job-1",
    });
  });
});

describe("WeData's adapter", () => {
  let simulator: Simulator;
  let admin: SimulatorAdmin;
  beforeAll(async () => {
    simulator = await startSimulator({
      credentials: [{ cloud: "tencent", id: "test-id", secret: "test-secret" }],
      jobDurationMs: 0,
    });
    admin = new SimulatorAdmin(simulator.adminUrl);
  });
  afterAll(async () => simulator.close());
  beforeEach(async () => admin.reset());
  const provider = async () => open({ url: simulator.tencentUrl });
  const started = async (operation = aTencentRerun()) => {
    const wedata = await provider();
    const end = await wedata.rerun(callOf(operation), terms);
    const job = end.kind === "accepted" ? end.job : null;
    return { wedata, job: job ?? { jobId: "none", scope: {} } };
  };

  it("is understood with every parameter", async () => {
    expect(await (await provider()).rerun(callOf(FULL), terms)).toMatchObject({ kind: "accepted" });
    expect(await admin.arrivals()).toMatchObject([{ targets: FULL.instanceKeys, executed: true }]);
  });

  it.each([
    "RequestLimitExceeded",
    "RequestLimitExceeded.UinLimitExceeded",
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
  ])("takes %s, which comes with HTTP 200, for throttling", async (code) => {
    await admin.inject({ kind: "error", code });

    expect(await (await provider()).rerun(callOf(aTencentRerun()), terms)).toMatchObject({
      kind: "throttled",
      retryAfterMs: null,
      providerErrorCode: code,
    });
  });

  it.each([
    ["InvalidParameter.ServiceIsBusy", "uncertain"],
    ["InternalError.InvalidParameter", "refused"],
    ["LimitExceeded", "quota"],
    ["constructor", "uncertain"],
  ])("is not taken in by the family of %s", async (code, kind) => {
    await admin.inject({ kind: "error", code });

    expect(await (await provider()).rerun(callOf(aTencentRerun()), terms)).toMatchObject({ kind });
  });

  it("names the job, which can then be read", async () => {
    const { wedata, job } = await started();

    expect(job.scope).toStrictEqual({ projectId: "1460947878944567296" });
    expect(await wedata.readJob(job, callOf(aTencentRerun()), terms)).toMatchObject({
      kind: "ended",
      failed: false,
      targets: [{ target: "20250714200130106_2025-10-01 00:00:00", status: "SUCCEEDED" }],
    });
  });

  it.each([
    ["FAIL", { kind: "ended", failed: true }],
    ["PART_SUCCESS", { kind: "ended", failed: true }],
    ["NEVER", { kind: "running" }],
  ] as const)("reads a job that ends in %s", async (outcome, reading) => {
    await admin.inject({ kind: "job-outcome", outcome });
    const operation = aTencentRerun({ instanceKeys: ["a", "b"] });
    const { wedata, job } = await started(operation);

    expect(await wedata.readJob(job, callOf(operation), terms)).toMatchObject(reading);
  });

  it("does not know which targets of a partly successful job succeeded", async () => {
    await admin.inject({ kind: "partial-success", targets: ["b"] });
    const operation = aTencentRerun({ instanceKeys: ["a", "b"] });
    const { wedata, job } = await started(operation);

    expect(await wedata.readJob(job, callOf(operation), terms)).toMatchObject({
      kind: "ended",
      targets: [{ status: "UNKNOWN" }, { status: "UNKNOWN" }],
    });
  });

  it.each([
    [{ kind: "throttle" } as const, "throttled"],
    [{ kind: "reset", executed: false } as const, "uncertain"],
    [{ kind: "error", code: "FailedOperation" } as const, "uncertain"],
    [{ kind: "error", code: "AuthFailure.TokenFailure" } as const, "credentials"],
    [{ kind: "garbage", body: "{}" } as const, "uncertain"],
  ])("cannot read a job after %j, and knows nothing new", async (fault, result) => {
    const { wedata, job } = await started();
    await admin.inject(fault);

    expect(await wedata.readJob(job, callOf(aTencentRerun()), terms)).toMatchObject({
      kind: "unreadable",
      result,
    });
  });

  it("rejects, as a bug, an operation that is not its own", async () => {
    const call = { claimId: "c", operation: aDataWorksRerun(), targets: ["1"] };

    await expect((await provider()).rerun(call, terms)).rejects.toThrow(/cannot call DataWorks/);
    expect(await admin.arrivals()).toStrictEqual([]);
  });
});
