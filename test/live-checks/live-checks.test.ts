import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import type { Fault } from "../../dev/simulator/fault.ts";
import type { Simulator } from "../../dev/simulator/simulator.ts";
import type { Config, StaticCredentials } from "../../src/config/config.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import { Secret } from "../../src/domain/secret.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { check, configFor, openSimulator, RequestFiles } from "./on-a-simulator.ts";

const KEY = "20250714200130106_2025-10-01 00:00:00";
const RUN = "001e2f39-a71d-4588-9a9a-9f244d32c96c";
const TASKS = { TencentRerunTaskInstances: { projectId: "1", instanceKeys: [KEY] } };
const DATAWORKS = { DataWorksRerunTaskInstances: { instanceIds: ["9007199254740995"] } };
const DMS = { DmsRerunTaskFlowInstance: { dagId: 7531, dagInstanceId: 4711 } };
/** Every operation with its connection's kind and its target. */
const OPERATIONS = [
  ["tencent-wedata", KEY, TASKS],
  [
    "tencent-wedata",
    "20240307215220701_2024-04-10 00:00:00",
    {
      TencentRerunScheduleInstances: {
        projectId: "1",
        instances: [{ taskId: "20240307215220701", curRunDate: "2024-04-10 00:00:00" }],
      },
    },
  ],
  [
    "tencent-wedata",
    RUN,
    {
      TencentRerunTriggerWorkflowRun: { projectId: "1", workflowId: "w", workflowExecutionId: RUN },
    },
  ],
  ["alibaba-dataworks", "9007199254740995", DATAWORKS],
  ["alibaba-dms", "4711", DMS],
] as const satisfies readonly (readonly [ProviderKind, string, object])[];

let simulator: Simulator;
let admin: SimulatorAdmin;
const files = new RequestFiles();
beforeAll(async () => {
  simulator = await openSimulator();
  admin = new SimulatorAdmin(simulator.adminUrl);
});
beforeEach(async () => admin.reset());
afterAll(async () => {
  files.remove();
  await simulator.close();
});

function configOf(kind: ProviderKind, overrides: Parameters<typeof configFor>[2] = {}): Config {
  const url = kind === "tencent-wedata" ? simulator.tencentUrl : simulator.alibabaUrl;
  return configFor(kind, { url }, overrides);
}
const reruns = async () => callsAt({ admin });
const actions = async () => (await admin.arrivals()).map(({ action }) => action);

describe("without --yes", () => {
  it.each([
    [
      "tencent-wedata",
      [
        "GetOpsAsyncJob",
        ...["GetTaskInstance", "GetTaskInstance", "ListTaskInstanceExecutions"],
        ...["GetTriggerWorkflowRun", "GetOpsAsyncJob"],
      ],
    ],
    [
      "alibaba-dataworks",
      ["GetTaskInstance", "GetTaskInstance", "GetTaskInstance", "GetTaskInstance"],
    ],
    [
      "alibaba-dms",
      [
        "ListTaskFlowInstance",
        "ListTaskFlowInstance",
        "ListTaskFlowInstance",
        "ListTaskFlowInstance",
      ],
    ],
  ] as const)("%s is asked for nothing but these reads", async (kind, reads) => {
    const { code, findings } = await check(configOf(kind));

    expect(findings.map(({ verdict }) => verdict)).toStrictEqual(findings.map(() => "confirmed"));
    expect(code).toBe(0);
    expect(await actions()).toStrictEqual(reads);
  });

  it.each(OPERATIONS)("%s: %s is read and not run", async (kind, target, operation) => {
    const { code, verdicts, err } = await check(configOf(kind), {
      requestFile: files.with(operation),
    });

    expect(code).toBe(0);
    expect(verdicts).toMatchObject({ "reading of the target": "confirmed" });
    expect(err).toContain(`No rerun of it: that needs --yes`);
    expect(err).toContain(target);
    expect(await reruns()).toStrictEqual([]);
  });
});

describe("with --yes", () => {
  it.each(OPERATIONS)("%s: %s is run once, as announced", async (kind, target, operation) => {
    const requestFile = files.with(operation);

    const { code, verdicts, err } = await check(configOf(kind), { requestFile, reruns: 1 });

    expect(err).toContain("RERUN, once: ");
    expect(await reruns()).toMatchObject([{ targets: [target], ranTargets: [target] }]);
    expect(verdicts).toMatchObject({
      rerun: "confirmed",
      "first trace of the run": "confirmed",
      "evidence of the run": "confirmed",
      "end of the run": "confirmed",
    });
    expect(Object.values(verdicts)).not.toContain("differs");
    expect(code).toBe(0);
  });

  it.each(OPERATIONS)("%s: %s is run twice at most", async (kind, target, operation) => {
    const requestFile = files.with(operation);
    // The first run goes on until the second call cuts it short.
    await admin.inject({ kind: "run-outcome", outcome: "never", count: 1 });

    const { verdicts, err } = await check(configOf(kind), { requestFile, reruns: 2 });

    expect(err).toContain("RERUN, once, and once more while that run is going on: ");
    expect(await reruns()).toMatchObject([{ targets: [target] }, { targets: [target] }]);
    expect(verdicts).toMatchObject({
      "rerun of a running instance": "confirmed",
      "end of the run": "confirmed",
    });
  });

  it("learns of DataWorks when it counts and what its operation log holds", async () => {
    const requestFile = files.with(DATAWORKS);

    const { verdicts } = await check(configOf("alibaba-dataworks"), { requestFile, reruns: 1 });

    expect(verdicts).toMatchObject({
      "when the counter rises": "confirmed",
      "operation log": "confirmed",
      "comment in the operation log": "confirmed",
      "nonce sent twice": "confirmed",
    });
  });

  it("learns of DMS whether a record keeps its id", async () => {
    const requestFile = files.with(DMS);

    const { verdicts } = await check(configOf("alibaba-dms"), { requestFile, reruns: 1 });

    expect(verdicts).toMatchObject({ "instance id of a rerun": "confirmed" });
  });

  it("learns of WeData whether the new read finds a job of the old rerun", async () => {
    const [, , operation] = OPERATIONS[1];
    const requestFile = files.with(operation);

    const { verdicts } = await check(configOf("tencent-wedata"), { requestFile, reruns: 1 });

    expect(verdicts).toMatchObject({ "AsyncActionId in GetOpsAsyncJob": "confirmed" });
  });
});

describe("what differs", () => {
  const withFault = async (kind: ProviderKind, operation: object, fault: Fault, options = {}) => {
    await admin.inject(fault);
    return check(configOf(kind), { requestFile: files.with(operation), reruns: 1, ...options });
  };

  it("is a DMS that makes a new record of a rerun", async () => {
    const fault = { kind: "new-instance" } as const;
    const pace = { perSecond: 1000, watchMs: 1500, pollMs: 20, absenceProvesAfterMs: 1000 };

    const { code, verdicts } = await withFault("alibaba-dms", DMS, fault, { pace });

    expect(verdicts).toMatchObject({
      "instance id of a rerun": "differs",
      "evidence of the run": "differs",
      "end of the run": "differs",
    });
    expect(code).toBe(1);
  });

  it("is a trace that comes later than its absence is taken for proof", async () => {
    const fault = { kind: "evidence-lag", ms: 1000 } as const;
    const pace = { perSecond: 1000, watchMs: 20_000, pollMs: 20, absenceProvesAfterMs: 100 };

    const { code, verdicts } = await withFault("alibaba-dataworks", DATAWORKS, fault, { pace });

    expect(verdicts).toMatchObject({ rerun: "confirmed", "first trace of the run": "differs" });
    expect(code).toBe(1);
  });

  it("is an answer that leaves open whether it ran; it is not asked again", async () => {
    const fault: Fault = {
      ...{ kind: "error", code: "InternalError", executed: true, filter: { effect: "rerun" } },
    };

    const { code, findings } = await withFault("tencent-wedata", TASKS, fault);

    expect(findings.at(-1)).toMatchObject({ check: "rerun", verdict: "differs" });
    expect(code).toBe(1);
    expect(await reruns()).toHaveLength(1);
  });

  it("are credentials that are not taken; nothing else is asked", async () => {
    const credentials: StaticCredentials = {
      type: "static",
      ...{ id: new Secret("nobody"), secret: new Secret("hidden-secret") },
      ...{ token: null, reread: null },
    };
    const config = configOf("alibaba-dataworks", { credentials });

    const { code, verdicts, out, err } = await check(config, {
      ...{ requestFile: files.with(DATAWORKS), reruns: 1 },
    });

    expect(verdicts).toStrictEqual({ "endpoint and credentials": "differs" });
    expect(code).toBe(1);
    expect(await actions()).toStrictEqual(["GetTaskInstance"]);
    expect(out + err).not.toContain("hidden-secret");
  });
});

describe("a target that must not be run", () => {
  it("is one whose run has not ended", async () => {
    await admin.inject({ kind: "run-outcome", outcome: "never" });
    const config = configOf("alibaba-dataworks");
    const requestFile = files.with(DATAWORKS);
    const pace = { perSecond: 1000, watchMs: 1, pollMs: 1, absenceProvesAfterMs: 30_000 };
    await check(config, { requestFile, reruns: 1, pace });

    const { verdicts } = await check(config, { requestFile, reruns: 1 });

    expect(verdicts).toMatchObject({ rerun: "not seen" });
    expect(await reruns()).toHaveLength(1);
  });

  it("is one that cannot be read", async () => {
    const requestFile = files.with({
      DataWorksRerunTaskInstances: { instanceIds: ["9007199254740993"] },
    });

    const { verdicts } = await check(configOf("alibaba-dataworks"), { requestFile, reruns: 1 });

    expect(verdicts).toMatchObject({ "reading of the target": "differs" });
    expect(await reruns()).toStrictEqual([]);
  });
});

it("tells nobody whose account and instances they were", async () => {
  const message = "instance 4711 of acs:ram::1234567890123456:user/me, uin 100000000001";
  const filter = { effect: "rerun" } as const;
  await admin.inject({ kind: "error", code: "InvalidParameter", message, filter });
  const operation = { DataWorksRerunTaskInstances: { instanceIds: [4711] } };

  const { out } = await check(configOf("alibaba-dataworks"), {
    ...{ requestFile: files.with(operation), reruns: 1 },
  });

  expect(out).toContain("instance <target> of <resource>, uin <number>");
});

describe("nothing at all is called", () => {
  const children = { ...TASKS.TencentRerunTaskInstances, rerunScope: "SELF_AND_CHILDREN" };
  const two = { DataWorksRerunTaskInstances: { instanceIds: [1, 2] } };
  it.each([
    ["for two targets", "alibaba-dataworks", (): string | null => files.with(two), "more than 1"],
    [
      "for two requests",
      "alibaba-dms",
      (): string | null =>
        files.holding([1, 2].map(() => ({ provider: "test-connection", operation: DMS }))),
      "2 requests",
    ],
    [
      "for children that nobody named",
      "tencent-wedata",
      (): string | null => files.with({ TencentRerunTaskInstances: children }),
      "rerunScope",
    ],
    [
      "for another connection",
      "alibaba-dms",
      (): string | null => files.with(DMS, { provider: "p" }),
      "it is for p",
    ],
    [
      "for another cloud's operation",
      "alibaba-dms",
      (): string | null => files.with(DATAWORKS),
      "which has no",
    ],
    [
      "for a dry run",
      "alibaba-dms",
      (): string | null => files.with(DMS, { dryRun: true }),
      "dryRun",
    ],
    [
      "for a file that is not there",
      "alibaba-dms",
      (): string | null => "/nowhere/request.json",
      "Cannot read",
    ],
    ["with --yes and no request", "alibaba-dms", (): string | null => null, "needs --request"],
  ] as const)("%s", async (_name, kind, fileOf, problem) => {
    const asked = check(configOf(kind), { requestFile: fileOf(), reruns: 1 });

    await expect(asked).rejects.toMatchObject({
      ...{
        name: "CommandFailed",
        exitCode: 2,
        message: expect.stringContaining(problem) as string,
      },
    });
    expect(await actions()).toStrictEqual([]);
  });
});
