import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ABSENCE_PROVES_AFTER_MS } from "../../../src/domain/evidence.ts";
import type { Following, Progress } from "../../../src/domain/following.ts";
import { aTencentRerun } from "../../support/a-received-request.ts";
import {
  aFollowed,
  aScheduleRerun,
  aWorkflowRerun,
  evidenceOf,
  freeTurns,
  NOON,
  openAdapter,
  openScriptedCloud,
  type Said,
  type ScriptedCloud,
} from "./wedata-for-tests.ts";

let cloud: ScriptedCloud;
let adapter: ReturnType<typeof openAdapter>;
let now: number;
beforeEach(async () => {
  now = NOON;
  cloud = await openScriptedCloud();
  adapter = openAdapter(cloud.port, { now: () => now });
});
afterEach(async () => {
  adapter.close();
  await cloud.close();
});

/** One round; what comes out of it must survive being written down. */
const follow = async (following: Following): Promise<Progress> => {
  const progress = await adapter.wedata.follow(following, freeTurns());
  expect(JSON.parse(JSON.stringify(progress))).toStrictEqual(progress);
  return JSON.parse(JSON.stringify(progress)) as Progress;
};
const next = (progress: Progress): Following => {
  if (progress.kind !== "open") throw new Error(`not open: ${JSON.stringify(progress)}`);
  return progress.following;
};

const JOB = { jobId: "job-1", scope: { projectId: "p" } };
const operation = aTencentRerun({ instanceKeys: ["a", "b"] });
const rested = {
  ...{ rounds: null, runs: 1, state: "EXPIRED", startedAt: "2025-10-02 11:00:00" },
  updatedAt: null,
};
const before = evidenceOf({ a: rested, b: rested });
const submitted = (overrides: Partial<Following> = {}) =>
  aFollowed(operation, { until: "submitted", job: JOB, before, ...overrides });
const finished = (overrides: Partial<Following> = {}) =>
  aFollowed(operation, { before, ...overrides });
const job = (Status: string, succeeded?: number, total = 2) => ({
  ...{ Status, SuccessSubProcessCount: succeeded ?? null, TotalSubProcessCount: total },
  CreateTime: "2025-10-02T12:00:00",
});
const OLD = { InstanceState: "EXPIRED", TotalRunNum: 1, StartTime: "2025-10-02 11:00:00" };
const instance = (InstanceState: string, rest: object = {}) => ({
  ...{ InstanceState, TotalRunNum: 2, StartTime: "2025-10-02 12:00:05", ...rest },
});
/** Says one thing for each target, and the job for the job. */
const say = (ofTargets: Readonly<Record<string, Said>>, ofJob: Said = job("SUCCESS")) => {
  cloud.say = ({ action, body }) =>
    action === "GetOpsAsyncJob" ? ofJob : (ofTargets[String(body["InstanceKey"])] ?? null);
};

describe("a job that is followed", () => {
  it.each(["INIT", "RUNNING"])("is open while it is %s", async (status) => {
    say({}, job(status));

    expect(await follow(submitted())).toMatchObject({
      kind: "open",
      told: `its job is ${status}`,
      following: { job: JOB, ended: [] },
    });
    expect(cloud.asked).toMatchObject([{ body: { ProjectId: "p", AsyncId: "job-1" } }]);
  });

  it("ends with it until `submitted`", async () => {
    say({}, job("SUCCESS"));

    expect(await follow(submitted())).toStrictEqual({
      kind: "ended",
      by: "job",
      targets: ["a", "b"].map((target) => ({ target, status: "SUCCEEDED", message: null })),
    });
  });

  it("goes on with its runs until `finished`", async () => {
    say({}, job("SUCCESS"));

    expect(next(await follow(submitted({ until: "finished" })))).toMatchObject({
      job: null,
      before,
      ended: [],
      notes: { jobCreatedMs: String(NOON) },
    });
  });

  it("ends with it where only children run, and says so", async () => {
    say({}, job("SUCCESS"));
    const children = aTencentRerun({ instanceKeys: ["a"], rerunScope: "CHILDREN" });

    expect(await follow(aFollowed(children, { job: JOB }))).toStrictEqual({
      kind: "ended",
      by: "job",
      targets: [
        {
          target: "a",
          status: "SUCCEEDED",
          message: "the provider took it; the runs of its children are not followed",
        },
      ],
    });
  });

  it.each([
    [{ ...job("FAIL", 0), ErrorDesc: "no queue" }, "no queue"],
    [job("FAIL"), "the job failed"],
  ])("fails with it: %j", async (said, message) => {
    say({}, said);

    expect(await follow(submitted({ until: "finished" }))).toStrictEqual({
      kind: "ended",
      by: "job",
      targets: ["a", "b"].map((target) => ({ target, status: "FAILED", message })),
    });
  });

  it.each([
    ["FailedOperation", "uncertain"],
    ["RequestLimitExceeded", "throttled"],
    ["AuthFailure.TokenFailure", "credentials"],
    [{ Status: "PAUSED" }, "uncertain"],
    [null, "uncertain"],
  ] as const)("tells nothing new when its read says %j", async (said, result) => {
    say({}, said);

    expect(await follow(submitted())).toMatchObject({ kind: "unreadable", result });
  });
});

describe("a job that succeeded in part", () => {
  it.each(["PART_SUCCESS", "FAIL"])("is told apart by its instances (%s)", async (status) => {
    say({ a: instance("RUNNING"), b: OLD }, job(status, 1));

    expect(await follow(submitted())).toMatchObject({
      kind: "ended",
      by: "evidence",
      targets: [
        { target: "a", status: "SUCCEEDED" },
        { target: "b", status: "FAILED", message: expect.stringMatching(/no new run$/) as string },
      ],
    });
  });

  it("follows the runs of those that ran, until `finished`", async () => {
    say({ a: instance("RUNNING"), b: OLD }, job("PART_SUCCESS", 1));
    const after = next(await follow(submitted({ until: "finished" })));
    expect(after).toMatchObject({ job: null, ended: [{ target: "b", status: "FAILED" }] });
    say({ a: instance("COMPLETED") });

    expect(await follow(after)).toMatchObject({
      kind: "ended",
      by: "runs",
      targets: [
        { target: "a", status: "SUCCEEDED" },
        { target: "b", status: "FAILED" },
      ],
    });
  });

  it("waits while readings lag behind its count, and does not know where they stay so", async () => {
    say({ a: OLD, b: OLD }, job("PART_SUCCESS", 1));
    const first = next(await follow(submitted()));
    now += ABSENCE_PROVES_AFTER_MS - 1;
    const second = next(await follow(first));
    now += 1;

    expect(await follow(second)).toMatchObject({
      kind: "ended",
      targets: [{ status: "UNKNOWN" }, { status: "UNKNOWN" }],
    });
    say({ a: OLD, b: instance("WAIT_RUN") }, job("PART_SUCCESS", 1));
    expect(await follow(second)).toMatchObject({
      targets: [{ status: "FAILED" }, { status: "SUCCEEDED" }],
    });
  });

  it("does not know whose run it was when more ran than it counts", async () => {
    const three = aTencentRerun({ instanceKeys: ["a", "b", "c"] });
    const marks = evidenceOf({ a: rested, b: rested, c: rested });
    say({ a: instance("RUNNING"), b: instance("RUNNING"), c: OLD }, job("PART_SUCCESS", 1, 3));
    const following = aFollowed(three, { job: JOB, before: marks, until: "submitted" });

    expect(await follow(following)).toMatchObject({
      kind: "ended",
      targets: [{ status: "UNKNOWN" }, { status: "UNKNOWN" }, { status: "FAILED" }],
    });
  });

  it.each([
    [
      "counts children too",
      aTencentRerun({ ...operation, rerunScope: "SELF_AND_CHILDREN" }),
      2,
      "UNKNOWN",
    ],
    ["counts other things", operation, 5, "FAILED"],
  ] as const)("is not held to a count that %s", async (_what, counted, total, other) => {
    say({ a: instance("RUNNING"), b: OLD }, job("PART_SUCCESS", 2, total));
    const following = aFollowed(counted, { job: JOB, before, until: "submitted" });
    const waited = next(await follow(following));
    now += ABSENCE_PROVES_AFTER_MS;

    expect(await follow(waited)).toMatchObject({
      targets: [{ status: "SUCCEEDED" }, { status: other }],
    });
  });

  it("does not know of what stays unreadable, and tries again before", async () => {
    say({ a: instance("RUNNING"), b: "InternalError" }, job("PART_SUCCESS", 1));
    const waited = next(await follow(submitted()));
    now += ABSENCE_PROVES_AFTER_MS;

    expect(await follow(waited)).toMatchObject({
      targets: [{ status: "SUCCEEDED" }, { status: "UNKNOWN" }],
    });
    say({ a: "InternalError", b: "InternalError" }, job("PART_SUCCESS", 1));
    expect(await follow(waited)).toMatchObject({ kind: "unreadable", result: "uncertain" });
  });

  it("is told apart by times where nothing was read before", async () => {
    const round = (StartTime: string, RunType = "RERUN") => ({
      Items: [
        { LifeRoundNum: 0, RunType: "PERIODIC" },
        { LifeRoundNum: 1, RunType, ExecutionPhaseList: [{ StartTime }] },
      ],
    });
    say(
      { a: round("2025-10-02 12:00:00"), b: round("2025-10-02 11:59:59") },
      job("PART_SUCCESS", 1),
    );

    expect(await follow(submitted({ before: null }))).toMatchObject({
      kind: "ended",
      targets: [{ status: "SUCCEEDED" }, { status: "FAILED" }],
    });
    say({ a: round("2025-10-02 12:00:00", "MANUAL_TRIGGER"), b: { Items: [] } }, job("FAIL", 1));
    expect(await follow(submitted({ before: null }))).toMatchObject({ kind: "open" });
  });

  it("does not know anything where only children run", async () => {
    say({}, job("PART_SUCCESS", 1));
    const children = aTencentRerun({ instanceKeys: ["a"], rerunScope: "CHILDREN" });

    expect(await follow(aFollowed(children, { job: JOB }))).toMatchObject({
      kind: "ended",
      targets: [{ status: "UNKNOWN" }],
    });
    expect(cloud.asked).toHaveLength(1);
  });
});

describe("runs that are followed", () => {
  it.each([
    ["COMPLETED", "SUCCEEDED", null],
    ["EXPIRED", "FAILED", "exit code 1"],
    ["SKIP_RUNNING", "FAILED", "the provider skipped the run"],
  ])("end as %s: %s", async (state, status, message) => {
    say({ a: instance(state, { JobErrorMsg: "exit code 1" }), b: instance("COMPLETED") });

    expect(await follow(finished())).toStrictEqual({
      kind: "ended",
      by: "runs",
      targets: [
        { target: "a", status, message },
        { target: "b", status: "SUCCEEDED", message: null },
      ],
    });
  });

  it.each(["WAIT_EVENT", "WAIT_UPSTREAM", "WAIT_RUN", "RUNNING", "FAILED_RETRY", "PAUSED"])(
    "are open as %s, which is told",
    async (state) => {
      say({ a: instance(state), b: instance(state) });

      expect(await follow(finished())).toMatchObject({
        kind: "open",
        told: `a: its run is ${state}; b: its run is ${state}`,
      });
    },
  );

  it("are not over because an older run is", async () => {
    const stale = evidenceOf({ a: { ...rested, state: "COMPLETED" }, b: rested });
    say({ a: { ...OLD, InstanceState: "COMPLETED" }, b: OLD });

    expect(await follow(finished({ before: stale }))).toMatchObject({
      kind: "open",
      following: { ended: [] },
      told: expect.stringMatching(
        /^a: its new run has not been seen, what is COMPLETED is/,
      ) as string,
    });
  });

  it("are not over because a run that was under way before the call is", async () => {
    const moving = { ...rested, state: "RUNNING", rounds: 0 };
    const round = (LifeRoundNum: number) => ({ Items: [{ LifeRoundNum }] });
    const sayRound = (number: number) => {
      cloud.say = ({ action }) =>
        action === "GetTaskInstance" ? instance("COMPLETED") : round(number);
    };
    const one = aFollowed(aTencentRerun({ instanceKeys: ["a"] }), {
      before: evidenceOf({ a: moving }),
    });
    sayRound(0);
    expect(await follow(one)).toMatchObject({ kind: "open" });
    sayRound(1);

    expect(await follow(one)).toMatchObject({ kind: "ended", targets: [{ status: "SUCCEEDED" }] });
    // The state is never older than the round that it is taken for.
    expect(cloud.asked.slice(-2).map(({ action }) => action)).toStrictEqual([
      ...["ListTaskInstanceExecutions", "GetTaskInstance"],
    ]);
  });

  it("keep what was learned when others are unreadable, and read only what is open", async () => {
    say({ a: instance("COMPLETED"), b: "RequestLimitExceeded" });
    const after = next(await follow(finished()));
    expect(after.ended).toStrictEqual([{ target: "a", status: "SUCCEEDED", message: null }]);
    const count = cloud.asked.length;
    expect(await follow(after)).toMatchObject({ kind: "unreadable", result: "throttled" });
    expect(cloud.asked.slice(count)).toMatchObject([{ body: { InstanceKey: "b" } }]);
    say({ b: instance("EXPIRED") });

    expect(await follow(after)).toMatchObject({
      kind: "ended",
      targets: [{ status: "SUCCEEDED" }, { status: "FAILED", message: "the run ended as EXPIRED" }],
    });
  });

  it("know a new run by the job's time where nothing was read before", async () => {
    const round = (InstanceState: string, StartTime: string) => ({
      Items: [
        { LifeRoundNum: 1, InstanceState, RunType: "RERUN", ExecutionPhaseList: [{ StartTime }] },
      ],
    });
    const following = finished({ before: null, notes: { jobCreatedMs: String(NOON) } });
    say({
      a: round("COMPLETED", "2025-10-02 12:00:00"),
      b: round("EXPIRED", "2025-10-02 11:59:59"),
    });

    expect(await follow(following)).toMatchObject({
      kind: "open",
      following: { ended: [{ target: "a", status: "SUCCEEDED" }] },
    });
  });

  it("do not take a run that somebody started by hand for the rerun", async () => {
    const round = {
      ...{ LifeRoundNum: 1, InstanceState: "COMPLETED", RunType: "MANUAL_TRIGGER" },
      ExecutionPhaseList: [{ StartTime: "2025-10-02 12:00:01" }],
    };
    say({ a: { Items: [round] }, b: { Items: [round] } });
    const notes = { jobCreatedMs: String(NOON) };

    expect(await follow(finished({ before: null, notes }))).toMatchObject({
      kind: "open",
      following: { ended: [] },
      told: expect.stringMatching(/what is COMPLETED is perhaps an older run/) as string,
    });
  });

  it("trust no clock where there is neither a reading nor a job", async () => {
    const said = (StartTime: string) => ({
      ...{ InstanceState: 2, LifeRoundNum: 1, InstanceRunType: "RERUN", StartTime },
    });
    const following = aFollowed(aScheduleRerun());
    cloud.say = () => said("2025-10-02 12:04:59");
    expect(await follow(following)).toMatchObject({ kind: "open" });
    cloud.say = () => said("2025-10-02 12:05:00");

    expect(await follow(following)).toMatchObject({ kind: "ended" });
  });

  it("of schedule instances are read by their own version", async () => {
    const target = "20250714200130106_2025-10-01 00:00:00";
    const marks = evidenceOf({ [target]: { rounds: 0, state: "4" } });
    cloud.say = () => ({ InstanceState: 13, LifeRoundNum: 1 });

    expect(await follow(aFollowed(aScheduleRerun(), { before: marks }))).toMatchObject({
      kind: "ended",
      by: "runs",
      targets: [{ target, status: "FAILED", message: "the run ended as 13" }],
    });
    expect(cloud.asked).toMatchObject([{ action: "GetTaskInstance", version: "2021-08-20" }]);
  });

  it.each([
    ["SUCCESS", "SUCCEEDED", null],
    ["FAILED", "FAILED", "E1"],
    ["SKIPED", "FAILED", "the provider skipped the run"],
  ])("of a workflow end as %s: %s", async (ExecutionState, status, message) => {
    const { workflowExecutionId: target } = aWorkflowRerun();
    const marks = evidenceOf({ [target]: { rounds: 0, state: "FAILED" } });
    const run = { ExecutionState, RerunTimes: 1, ErrorCodeStr: "E1" };
    cloud.say = () => ({ TriggerWorkflowRun: run });

    expect(await follow(aFollowed(aWorkflowRerun(), { before: marks }))).toStrictEqual({
      kind: "ended",
      by: "runs",
      targets: [{ target, status, message }],
    });
  });

  it("of a workflow know a new run by the job's time where nothing was read before", async () => {
    const run = (startMs: number) => ({
      TriggerWorkflowRun: { ExecutionState: "SUCCESS", ExecutionStartTime: String(startMs) },
    });
    const following = aFollowed(aWorkflowRerun(), { notes: { jobCreatedMs: String(NOON) } });
    cloud.say = () => run(NOON - 1);
    expect(await follow(following)).toMatchObject({ kind: "open" });
    cloud.say = () => run(NOON);

    expect(await follow(following)).toMatchObject({ kind: "ended" });
  });

  it.each(["submitted", "finished"] as const)(
    "are nobody's where an operation without a job runs only children (%s)",
    async (until) => {
      const children = aScheduleRerun({ rerunScope: "CHILDREN" });

      expect(await follow(aFollowed(children, { until }))).toMatchObject({
        kind: "ended",
        by: "answer",
        targets: [{ status: "SUCCEEDED" }],
      });
      expect(cloud.asked).toStrictEqual([]);
    },
  );
});
