import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimulatorAdmin } from "../../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../../dev/simulator/simulator.ts";
import type { DataWorksRerunTaskInstances } from "../../../src/domain/operation.ts";
import type { RerunCall } from "../../../src/domain/provider.ts";
import { type OpenProvider, openProvider } from "../../../src/providers/open-provider.ts";
import { aDataWorksRerun, aTencentRerun } from "../../support/a-received-request.ts";
import { aProviderConfig, neverAborted, openGate } from "../../support/provider-config.ts";
import { openRecordingCloud, type RecordingCloud } from "../../support/recording-cloud.ts";

const KIND = "alibaba-dataworks";
const PAST_DOUBLES = ["9007199254740993", "9223372036854775807"];
const NONCE_1 = "448444379404e09e7957468e99776645";
const NONCE_2 = "cde1052b94339187485185d6e505d0e1";
const terms = { gate: openGate, signal: neverAborted };
const callOf = (operation: DataWorksRerunTaskInstances): RerunCall => ({
  claimId: "claim-1",
  operation,
  targets: operation.instanceIds,
});

const opened: OpenProvider[] = [];
const open = async (at: Parameters<typeof aProviderConfig>[1]) => {
  const provider = await openProvider(aProviderConfig(KIND, at));
  opened.push(provider);
  return provider.provider;
};
afterEach(() => opened.splice(0).forEach((one) => one.close()));

describe("what DataWorks receives", () => {
  let cloud: RecordingCloud;
  beforeEach(async () => {
    cloud = await openRecordingCloud('{"RequestId":"r","SuccessInfo":{}}');
  });
  afterEach(async () => cloud.close());
  const formOf = () => [...new URLSearchParams(cloud.requests[0]?.body ?? "")];

  it("is the minimum when nothing optional was given, ids digit for digit", async () => {
    await (await open(cloud)).rerun(callOf(aDataWorksRerun({ instanceIds: PAST_DOUBLES })), terms);

    expect(cloud.requests).toMatchObject([
      {
        method: "POST",
        url: "/",
        headers: {
          "x-acs-action": "RerunTaskInstances",
          "x-acs-version": "2024-05-18",
          "content-type": "application/x-www-form-urlencoded",
          connection: "close",
        },
      },
    ]);
    expect(formOf()).toStrictEqual([["Ids", "[9007199254740993,9223372036854775807]"]]);
  });

  it("is everything that was given", async () => {
    const operation = aDataWorksRerun({ comment: "重跑 a&b=c +é'()*!~", useLatestConfig: false });
    await (await open(cloud)).rerun(callOf(operation), terms);

    expect(formOf().toSorted()).toStrictEqual([
      ["Comment", "重跑 a&b=c +é'()*!~"],
      ["Ids", "[1234]"],
      ["UseLatestConfig", "false"],
    ]);
  });

  it("is a nonce for each claim, always the same one", async () => {
    const dataworks = await open(cloud);
    for (const claimId of ["claim-1", "claim-2", "claim-1"]) {
      await dataworks.rerun({ ...callOf(aDataWorksRerun()), claimId }, terms);
    }

    const nonces = cloud.requests.map(({ headers }) => headers["x-acs-signature-nonce"]);
    // The first half of sha256("claim-1") and of sha256("claim-2").
    expect(nonces).toStrictEqual([NONCE_1, NONCE_2, NONCE_1]);
    const signed = cloud.requests.map(({ headers }) => String(headers["authorization"]));
    expect(signed[0]).toContain("x-acs-signature-nonce");
  });

  it("is a new nonce with every read", async () => {
    const dataworks = await open(cloud);
    for (let read = 0; read < 3; read++) await dataworks.checkAccess(terms);

    const nonces = cloud.requests.map(({ headers }) => headers["x-acs-signature-nonce"]);
    expect(new Set(nonces).size).toBe(3);
    expect(cloud.requests[0]).toMatchObject({ method: "GET", url: "/?Id=1", body: "" });
  });

  it("can be on an IPv6 address", async () => {
    const config = aProviderConfig(KIND, cloud, {
      endpoint: { protocol: "http", host: "[::1]", port: cloud.port },
    });
    const provider = await openProvider(config);
    opened.push(provider);

    // The cloud listens on 127.0.0.1 only: that the port refuses shows that the address was read.
    expect(await provider.provider.rerun(callOf(aDataWorksRerun()), terms)).toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(/::1/) as string,
    });
  });
});

describe("DataWorks' adapter", () => {
  let simulator: Simulator;
  let admin: SimulatorAdmin;
  beforeAll(async () => {
    simulator = await startSimulator({
      credentials: [{ cloud: "alibaba", id: "test-id", secret: "test-secret" }],
      deniedTargets: ["13"],
    });
    admin = new SimulatorAdmin(simulator.adminUrl);
  });
  afterAll(async () => simulator.close());
  beforeEach(async () => admin.reset());
  const rerun = async (operation: DataWorksRerunTaskInstances) =>
    (await open({ url: simulator.alibabaUrl })).rerun(callOf(operation), terms);

  it("is understood with every parameter, whatever the comment's letters", async () => {
    const comment = "重跑 a&b=c +é'()*!~%20";
    const end = await rerun(aDataWorksRerun({ comment, useLatestConfig: true }));

    expect(end).toMatchObject({ kind: "accepted", job: null });
  });

  it("tells the end of each instance, ids past the doubles exact", async () => {
    const instanceIds = ["9007199254740992", "9007199254740993", "9223372036854775807", "13"];
    await admin.inject({ kind: "partial-success", targets: ["9007199254740992"] });

    expect(await rerun(aDataWorksRerun({ instanceIds }))).toMatchObject({
      kind: "accepted",
      targets: [
        { target: "9007199254740992", status: "FAILED" },
        { target: "9007199254740993", status: "SUCCEEDED" },
        { target: "9223372036854775807", status: "SUCCEEDED" },
        { target: "13", status: "FAILED" },
      ],
    });
    expect(await admin.arrivals()).toMatchObject([{ targets: instanceIds }]);
  });

  it.each([
    ["Throttling", 400, undefined, null],
    ["Throttling.User", 429, undefined, null],
    ["Throttling.Api", 400, 7000, 7000],
    ["Throttling.System", 429, 1, 1],
  ] as const)(
    "takes %s with HTTP %d (retry after %s) for throttling",
    async (code, status, retryAfterMs, told) => {
      const after = retryAfterMs === undefined ? {} : { retryAfterMs };
      await admin.inject({ kind: "error", code, status, ...after });

      expect(await rerun(aDataWorksRerun())).toMatchObject({
        kind: "throttled",
        retryAfterMs: told,
        providerErrorCode: code,
      });
    },
  );

  it.each([
    ["Forbidden.Wkbench.ProjectNoPermission", 500, { kind: "refused", notPermitted: true }],
    ["InternalError.System", 500, { kind: "uncertain" }],
    ["ServiceUnavailable", 503, { kind: "uncertain" }],
    ["SignatureNonceUsed", 400, { kind: "uncertain" }],
    ["Throttling.Api.Risk", 429, { kind: "quota" }],
    ["InvalidParameter", 400, { kind: "refused", notPermitted: false }],
  ] as const)("judges by the code: %s with HTTP %d", async (code, status, end) => {
    await admin.inject({ kind: "error", code, status });

    expect(await rerun(aDataWorksRerun())).toMatchObject(end);
  });

  it("takes a clock that is off for the connection's trouble", async () => {
    await admin.inject({ kind: "wrong-clock", skewMs: 3_600_000 });

    expect(await rerun(aDataWorksRerun())).toMatchObject({
      kind: "credentials",
      providerErrorCode: expect.stringMatching(/^InvalidTimeStamp/) as string,
    });
  });

  it("is told apart by its nonce when the same claim's call comes twice", async () => {
    expect(await rerun(aDataWorksRerun())).toMatchObject({ kind: "accepted" });
    expect(await rerun(aDataWorksRerun())).toMatchObject({
      kind: "uncertain",
      providerErrorCode: "SignatureNonceUsed",
    });
    expect((await admin.arrivals()).map(({ executed }) => executed)).toStrictEqual([true, false]);
  });

  it("rejects, as a bug, an operation that is not its own", async () => {
    const dataworks = await open({ url: simulator.alibabaUrl });
    const call = { claimId: "c", operation: aTencentRerun(), targets: ["a"] };

    await expect(dataworks.rerun(call, terms)).rejects.toThrow(/cannot call Tencent/);
    expect(await admin.arrivals()).toStrictEqual([]);
  });
});
