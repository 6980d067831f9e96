import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SimulatorAdmin } from "../../../dev/simulator/admin-client.ts";
import type { Fault } from "../../../dev/simulator/fault.ts";
import { type Simulator, startSimulator } from "../../../dev/simulator/simulator.ts";
import { ABSENCE_PROVES_AFTER_MS } from "../../../src/domain/evidence.ts";
import type { Following, Progress, TrackUntil } from "../../../src/domain/following.ts";
import type { Operation } from "../../../src/domain/operation.ts";
import { aDataWorksRerun, aTencentRerun } from "../../support/a-received-request.ts";
import {
  aScheduleRerun,
  aWorkflowRerun,
  callOf,
  freeTurns,
  openAdapter,
  terms,
} from "./wedata-for-tests.ts";

const PAIR = ["20250714200130106_2025-10-01 00:00:00", "20250714200130107_2025-10-01 00:00:00"];
const [A = "", B = ""] = PAIR;
const scheduled = (...keys: readonly string[]) =>
  aScheduleRerun({
    instances: keys.map((key) => {
      const [taskId = "", curRunDate = ""] = key.split("_");
      return { taskId, curRunDate };
    }),
  });
const OPERATIONS: readonly (readonly [string, Operation])[] = [
  ["RerunTaskInstancesAsync", aTencentRerun({ instanceKeys: [A] })],
  ["RunRerunScheduleInstances", scheduled(A)],
  ["RerunTriggerWorkflowRunAsync", aWorkflowRerun()],
];

let simulator: Simulator;
let admin: SimulatorAdmin;
let adapter: ReturnType<typeof openAdapter>;
beforeAll(async () => {
  simulator = await startSimulator({
    credentials: [{ cloud: "tencent", id: "test-id", secret: "test-secret" }],
    ...{ jobDurationMs: 30, instanceRunMs: 60 },
  });
  admin = new SimulatorAdmin(simulator.adminUrl);
});
afterAll(async () => simulator.close());
beforeEach(async () => {
  await admin.reset();
  adapter = openAdapter(Number(new URL(simulator.tencentUrl).port));
});
afterEach(() => adapter.close());

/** Reads, calls, and follows to the end, every step written down in between. */
const callAndFollow = async (operation: Operation, until: TrackUntil, reads = true) => {
  const { wedata } = adapter;
  const call = callOf(operation);
  const before = reads ? await wedata.readBefore(call, freeTurns()) : null;
  const calledAt = Date.now();
  const end = await wedata.rerun(call, terms);
  if (end.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(end)}`);
  const { job } = end;
  const begin: Following = { call, until, job, before, calledAt, ended: [], notes: {} };
  let following = JSON.stringify(begin);
  let last: Progress | undefined;
  await vi.waitFor(
    async () => {
      last = await wedata.follow(JSON.parse(following) as Following, freeTurns());
      if (last.kind === "open") following = JSON.stringify(last.following);
      expect(last.kind).toBe("ended");
    },
    { timeout: 10_000, interval: 10 },
  );
  return last;
};
const judgeAfter = async (operation: Operation, fault: Fault, writtenAgoMs: number) => {
  const { wedata } = adapter;
  const call = callOf(operation);
  const before = await wedata.readBefore(call, freeTurns());
  await admin.inject({ ...fault, filter: { effect: "rerun" } } as Fault);
  const end = await wedata.rerun(call, terms);
  const doubt = { call, targets: call.targets, before, writtenAgoMs };
  return { end, findings: await wedata.judge(doubt, freeTurns()) };
};
const ranTargets = async () => (await admin.arrivals()).flatMap((arrival) => arrival.ranTargets);

describe.each(OPERATIONS)("%s at the simulator", (action, operation) => {
  const [target = ""] = callOf(operation).targets;

  it("runs its target once, and is followed until it was taken", async () => {
    expect(await callAndFollow(operation, "submitted")).toMatchObject({
      kind: "ended",
      targets: [{ target, status: "SUCCEEDED" }],
    });
    const calls = (await admin.arrivals()).filter(({ effect }) => effect === "rerun");
    expect(calls).toMatchObject([{ action, targets: [target], ranTargets: [target] }]);
  });

  it.each(["succeeded", "failed"] as const)("is followed until its run has %s", async (outcome) => {
    await admin.inject({ kind: "run-outcome", outcome });

    expect(await callAndFollow(operation, "finished")).toMatchObject({
      kind: "ended",
      by: "runs",
      targets: [{ target, status: outcome === "succeeded" ? "SUCCEEDED" : "FAILED" }],
    });
  });

  it("does not take the end of an earlier run for the end of its own", async () => {
    await admin.rerunByHand({ product: "wedata", target });
    await vi.waitFor(async () => {
      const { marks } = await adapter.wedata.readBefore(callOf(operation), freeTurns());
      expect(["COMPLETED", "SUCCESS", "2"]).toContain(marks[0]?.mark["state"]);
    });
    await admin.inject({ kind: "evidence-lag", ms: 100 });
    await admin.inject({ kind: "run-outcome", outcome: "failed" });

    expect(await callAndFollow(operation, "finished")).toMatchObject({
      targets: [{ target, status: "FAILED" }],
    });
  });

  it("is judged to have run where it did, though its answer was lost", async () => {
    const { end, findings } = await judgeAfter(operation, { kind: "reset", executed: true }, 0);

    expect(end).toMatchObject({ kind: "uncertain" });
    expect(findings).toMatchObject([{ target, finding: "ran" }]);
    expect(await ranTargets()).toStrictEqual([target]);
  });

  it.each([
    [0, "cannot-tell"],
    [ABSENCE_PROVES_AFTER_MS, "did-not-run"],
  ])("is judged %d ms later, where it did not run: %s", async (writtenAgoMs, finding) => {
    const fault = { kind: "reset", executed: false } as const;
    const { end, findings } = await judgeAfter(operation, fault, writtenAgoMs);

    expect(end).toMatchObject({ kind: "uncertain" });
    expect(findings).toMatchObject([{ target, finding }]);
    expect(await ranTargets()).toStrictEqual([]);
  });

  it.each([
    "RequestLimitExceeded",
    "RequestLimitExceeded.UinLimitExceeded",
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
  ])("takes %s, which comes with HTTP 200, for throttling", async (code) => {
    await admin.inject({ kind: "error", code });

    expect(await adapter.wedata.rerun(callOf(operation), terms)).toMatchObject({
      ...{ kind: "throttled", retryAfterMs: null, providerErrorCode: code },
    });
  });

  it.each([
    ["InvalidParameter.ServiceIsBusy", "uncertain"],
    ["InternalError.InvalidParameter", "refused"],
    ["LimitExceeded", "quota"],
    ["constructor", "uncertain"],
  ])("is not taken in by the family of %s", async (code, kind) => {
    await admin.inject({ kind: "error", code });

    expect(await adapter.wedata.rerun(callOf(operation), terms)).toMatchObject({ kind });
  });
});

describe("a job at the simulator", () => {
  const both = aTencentRerun({ instanceKeys: PAIR });

  it("that succeeds in part is told apart, as it really was", async () => {
    await admin.inject({ kind: "partial-success", targets: [B] });

    expect(await callAndFollow(both, "submitted")).toMatchObject({
      by: "evidence",
      targets: [
        { target: A, status: "SUCCEEDED" },
        { target: B, status: "FAILED" },
      ],
    });
    expect(await ranTargets()).toStrictEqual([A]);
  });

  it("that succeeds in part is told apart by times where nothing was read before", async () => {
    await admin.inject({ kind: "partial-success", targets: [A] });

    expect(await callAndFollow(both, "submitted", false)).toMatchObject({
      targets: [
        { target: A, status: "FAILED" },
        { target: B, status: "SUCCEEDED" },
      ],
    });
    expect(await ranTargets()).toStrictEqual([B]);
  });

  it("that succeeds in part is told apart in spite of readings that lag behind", async () => {
    await admin.inject({ kind: "partial-success", targets: [B] });
    await admin.inject({ kind: "evidence-lag", ms: 150 });

    expect(await callAndFollow(both, "finished")).toMatchObject({
      by: "runs",
      targets: [{ status: "SUCCEEDED" }, { status: "FAILED" }],
    });
  });

  it("that fails, fails every target", async () => {
    await admin.inject({ kind: "job-outcome", outcome: "FAIL" });

    expect(await callAndFollow(both, "finished")).toMatchObject({
      by: "job",
      targets: [{ status: "FAILED" }, { status: "FAILED" }],
    });
  });

  it("is followed to the end of its run by times where nothing was read before", async () => {
    expect(await callAndFollow(both, "finished", false)).toMatchObject({
      by: "runs",
      targets: [{ status: "SUCCEEDED" }, { status: "SUCCEEDED" }],
    });
  });

  it.each([
    [{ kind: "throttle" } as const, "throttled"],
    [{ kind: "reset", executed: false } as const, "uncertain"],
    [{ kind: "error", code: "FailedOperation" } as const, "uncertain"],
    [{ kind: "error", code: "AuthFailure.TokenFailure" } as const, "credentials"],
    [{ kind: "garbage", body: "{}" } as const, "uncertain"],
  ])("cannot be read after %j, and nothing new is known", async (fault, result) => {
    await admin.inject(fault);
    const job = { jobId: "job-1", scope: { projectId: "p" } };
    const begin = { call: callOf(both), until: "submitted", job, before: null } as const;
    const following = { ...begin, calledAt: Date.now(), ended: [], notes: {} };

    expect(await adapter.wedata.follow(following, freeTurns())).toMatchObject({
      kind: "unreadable",
      result,
    });
  });
});

describe("WeData's adapter", () => {
  it("tells a batch's no of each of its instances that is alone", async () => {
    await admin.inject({ kind: "partial-success", targets: PAIR });
    const { wedata } = adapter;

    expect(await wedata.rerun(callOf(scheduled(A)), terms)).toMatchObject({
      kind: "accepted",
      targets: [{ target: A, status: "FAILED" }],
    });
    expect(await wedata.rerun(callOf(scheduled(...PAIR)), terms)).toMatchObject({
      kind: "accepted",
      targets: [
        { target: A, status: "UNKNOWN" },
        { target: B, status: "UNKNOWN" },
      ],
    });
    expect(await ranTargets()).toStrictEqual([]);
  });

  it("lists every action that it reads", async () => {
    const { wedata } = adapter;
    const turns = freeTurns();
    for (const [, operation] of OPERATIONS) {
      const call = callOf(operation);
      await wedata.readBefore(call, turns);
      await wedata.rerun(call, terms);
      // Right after a rerun an instance is not at rest.
      await wedata.readBefore(call, turns);
    }
    const job = { jobId: "job-1", scope: { projectId: "p" } };
    const begin = { call: callOf(OPERATIONS[0]![1]), until: "submitted", job } as const;
    await wedata.follow({ ...begin, before: null, calledAt: 0, ended: [], notes: {} }, turns);

    expect([...new Set(turns.taken)].toSorted()).toStrictEqual(wedata.reads.toSorted());
  });

  it("finds nothing wrong with an access that is taken, though the job is nobody's", async () => {
    expect(await adapter.wedata.checkAccess(terms)).toBeNull();
    await admin.inject({ kind: "error", code: "AuthFailure.SignatureFailure", message: "who?" });
    expect(await adapter.wedata.checkAccess(terms)).toStrictEqual({
      message: "AuthFailure.SignatureFailure: who?",
      isAnswered: true,
    });
  });

  it("rejects, as a bug, an operation that is not its own", async () => {
    const call = { claimId: "c", operation: aDataWorksRerun(), targets: ["1"] };

    await expect(adapter.wedata.rerun(call, terms)).rejects.toThrow(/cannot call DataWorks/);
    expect(await admin.arrivals()).toStrictEqual([]);
  });
});
