import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimulatorAdmin } from "../../../dev/simulator/admin-client.ts";
import { type Simulator, startSimulator } from "../../../dev/simulator/simulator.ts";
import { AlibabaDms } from "../../../src/providers/alibaba-dms/adapter.ts";
import { aDataWorksRerun } from "../../support/a-received-request.ts";
import { neverAborted, openGate } from "../../support/provider-config.ts";
import { openRecordingCloud, type RecordingCloud } from "../../support/recording-cloud.ts";
import { type AlibabaConnection, connectTo } from "../alibaba-connection.ts";
import { aDmsCall } from "./a-dms-rerun.ts";

const BIG = "9223372036854775807";
const terms = { gate: openGate, signal: neverAborted };
const opened: AlibabaConnection[] = [];
const open = async (port: number, token: string | null = null): Promise<AlibabaDms> => {
  const connection = await connectTo(port, token);
  opened.push(connection);
  return new AlibabaDms(connection);
};
afterEach(() => opened.splice(0).forEach((one) => one.close()));

describe("what DMS receives", () => {
  let cloud: RecordingCloud;
  beforeEach(async () => {
    cloud = await openRecordingCloud('{"RequestId":"r","Success":true}');
  });
  afterEach(async () => cloud.close());
  const queryOf = () => [...new URL(cloud.requests[0]?.url ?? "", "http://cloud").searchParams];

  it("is the minimum in the query of a POST without a body", async () => {
    await (await open(cloud.port)).rerun(aDmsCall({ dagId: BIG, dagInstanceId: BIG }), terms);

    expect(cloud.requests).toMatchObject([
      {
        ...{ method: "POST", body: "" },
        headers: {
          "x-acs-action": "ReRunTaskFlowInstance",
          "x-acs-version": "2018-11-01",
          accept: "application/json",
          connection: "close",
        },
      },
    ]);
    expect(cloud.requests[0]?.headers).not.toHaveProperty("content-type");
    expect(queryOf().toSorted()).toStrictEqual([
      ["DagId", BIG],
      ["DagInstanceId", BIG],
    ]);
  });

  it("is everything that was given", async () => {
    const call = aDmsCall({ dagVersion: "2 &=+版", tenantId: "9007199254740993" });
    await (await open(cloud.port)).rerun(call, terms);

    expect(queryOf().toSorted()).toStrictEqual([
      ["DagId", "7000"],
      ["DagInstanceId", "47000"],
      ["DagVersion", "2 &=+版"],
      ["Tid", "9007199254740993"],
    ]);
  });

  it("is the claim's nonce, signed", async () => {
    const dms = await open(cloud.port);
    for (const claimId of ["a", "b", "a"]) await dms.rerun(aDmsCall({}, claimId), terms);

    const nonceOf = (claimId: string) =>
      createHash("sha256").update(claimId).digest("hex").slice(0, 32);
    const nonces = cloud.requests.map(({ headers }) => headers["x-acs-signature-nonce"]);
    expect(nonces).toStrictEqual(["a", "b", "a"].map(nonceOf));
    expect(cloud.requests[0]?.headers["authorization"]).toContain("x-acs-signature-nonce");
  });

  it("is the security token of a temporary key", async () => {
    await (await open(cloud.port, "test-token")).rerun(aDmsCall(), terms);

    expect(cloud.requests[0]?.headers).toMatchObject({
      "x-acs-security-token": "test-token",
      "x-acs-accesskey-id": "test-id",
    });
  });

  it("is a harmless read when access is checked", async () => {
    expect(await (await open(cloud.port)).checkAccess(terms)).toBeNull();

    expect(cloud.requests).toMatchObject([
      { method: "POST", headers: { "x-acs-action": "ListTaskFlowInstance" } },
    ]);
    expect(queryOf()).toStrictEqual(
      expect.arrayContaining([
        ["DagId", "1"],
        ["PageIndex", "1"],
      ]),
    );
  });
});

describe("the access to DMS", () => {
  it.each([
    ["an answer that is not the API's", { status: 200, body: "<html>" }, /HTTP 200/],
    [
      "credentials that it does not take",
      { status: 404, body: '{"Code":"InvalidAccessKeyId.NotFound","Message":"no"}' },
      /InvalidAccessKeyId/,
    ],
    ["a page of a load balancer", { status: 502, body: "<html>" }, /HTTP 502/],
  ])("is wrong: %s", async (_what, answer, problem) => {
    const cloud = await openRecordingCloud(answer);
    const told = await (await open(cloud.port)).checkAccess(terms);
    await cloud.close();

    expect(told?.message).toMatch(problem);
  });

  it("is right when the API refuses that read", async () => {
    const cloud = await openRecordingCloud({ status: 403, body: '{"Code":"NoPermission"}' });
    const told = await (await open(cloud.port)).checkAccess(terms);
    await cloud.close();

    expect(told).toBeNull();
  });
});

describe("DMS' adapter", () => {
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
  const openAtSimulator = async () => open(Number(new URL(simulator.alibabaUrl).port));

  it("is understood with every parameter, ids past the doubles exact", async () => {
    const call = aDmsCall({ dagId: BIG, dagInstanceId: BIG, dagVersion: "2", tenantId: BIG });

    expect(await (await openAtSimulator()).rerun(call, terms)).toMatchObject({
      ...{ kind: "accepted", job: null, asyncJobId: null, providerErrorCode: null },
      targets: [{ target: BIG, status: "SUCCEEDED", message: null }],
    });
    expect(await admin.arrivals()).toMatchObject([{ ranTargets: [BIG], executed: true }]);
  });

  it("tells a failure in the API's own words", async () => {
    const end = await (await openAtSimulator()).rerun(aDmsCall({ dagInstanceId: "13" }), terms);

    expect(end).toMatchObject({
      ...{ kind: "accepted", providerErrorCode: "DagInstanceCannotRerun" },
      targets: [{ target: "13", status: "FAILED" }],
    });
    expect(await admin.arrivals()).toMatchObject([{ executed: false }]);
  });

  it("takes a call of the same claim that comes twice for uncertain, and it ran once", async () => {
    const dms = await openAtSimulator();
    await dms.rerun(aDmsCall(), terms);

    expect(await dms.rerun(aDmsCall(), terms)).toMatchObject({
      ...{ kind: "uncertain", providerErrorCode: "SignatureNonceUsed" },
    });
    expect((await admin.arrivals()).map(({ executed }) => executed)).toStrictEqual([true, false]);
  });

  it("rejects, as a bug, an operation that is not its own", async () => {
    const call = { claimId: "c", operation: aDataWorksRerun(), targets: ["1234"] };

    await expect((await openAtSimulator()).rerun(call, terms)).rejects.toThrow(/DataWorks/);
    expect(await admin.arrivals()).toStrictEqual([]);
  });
});
