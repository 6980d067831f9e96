import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newestRoundOf } from "../../../src/providers/tencent-wedata/instance-executions.ts";
import {
  instanceReadingOf,
  scheduleInstanceReadingOf,
} from "../../../src/providers/tencent-wedata/task-instance.ts";
import { workflowRunReadingOf } from "../../../src/providers/tencent-wedata/workflow-run.ts";

const answer = (Data: unknown) => ({ Data, RequestId: "r" });

describe("a reading of a task instance", () => {
  it("has what GetTaskInstance of 2025-08-06 tells", () => {
    const data = {
      ...{ InstanceState: "EXPIRED", TotalRunNum: 3, StartTime: "s", LastUpdateTime: "u" },
      JobErrorMsg: "exit code 1",
    };

    expect(instanceReadingOf(answer(data))).toStrictEqual({
      mark: { rounds: null, runs: 3, state: "EXPIRED", startedAt: "s", updatedAt: "u" },
      error: "exit code 1",
    });
  });

  it("has what GetTaskInstance of 2021-08-20 tells, its state as text", () => {
    const data = {
      ...{ InstanceState: 0, TotalRunNum: 3, LifeRoundNum: 0, StartTime: "s" },
      ExecutionJobId: "e",
    };

    expect(scheduleInstanceReadingOf(answer(data))).toStrictEqual({
      mark: { rounds: 0, runs: 3, state: "0", startedAt: "s", executionId: "e" },
      error: null,
    });
  });

  it("lacks what is null", () => {
    const none = { TotalRunNum: null, StartTime: null, LifeRoundNum: null };

    expect(instanceReadingOf(answer({ InstanceState: "RUNNING", ...none }))).toStrictEqual({
      mark: { rounds: null, runs: null, state: "RUNNING", startedAt: null, updatedAt: null },
      error: null,
    });
    expect(scheduleInstanceReadingOf(answer({ InstanceState: "2", ...none }))).toMatchObject({
      mark: { rounds: null, runs: null, state: "2", startedAt: null },
    });
  });
});

describe("a reading of a workflow's run", () => {
  const run = (ids: readonly string[], rest: object = {}) =>
    workflowRunReadingOf(
      answer({
        TriggerWorkflowRun: { ExecutionState: "FAILED", RerunTimes: 1, ...rest },
        TriggerTaskRuns: ids.map((ExecutionId) => ({ ExecutionId })),
      }),
    )?.mark;

  it("has its counter, its times and a short text for its executions", () => {
    expect(
      run(["a"], { ExecutionStartTime: "1764819600341", ExecutionEndTime: "2" }),
    ).toStrictEqual({
      ...{ rounds: 1, state: "FAILED", startedAt: "1764819600341", endedAt: "2" },
      executions: expect.stringMatching(/^[\w-]{22}$/) as string,
    });
  });

  it("tells executions apart, but not their order", () => {
    expect(run(["a", "b"])?.["executions"]).toBe(run(["b", "a"])?.["executions"]);
    expect(run(["a", "b"])?.["executions"]).not.toBe(run(["a", "c"])?.["executions"]);
    expect(run([])?.["executions"]).toBeNull();
  });
});

describe("the newest round of an instance", () => {
  const round = (LifeRoundNum: number, RunType = "RERUN", starts: readonly string[] = []) => ({
    ...{ LifeRoundNum, RunType, InstanceState: "COMPLETED" },
    ExecutionPhaseList: starts.map((StartTime) => ({ StartTime })),
  });

  it("is that of the highest number, in whatever order they come", () => {
    const Items = [round(1), round(10, "RERUN_SKIP_RUN", ["t2", "t1"]), round(0, "PERIODIC")];

    expect(newestRoundOf(answer({ Items, TotalCount: 3 }))).toStrictEqual({
      ...{ number: 10, state: "COMPLETED", isRerun: true, beganAt: "t1" },
    });
  });

  it.each([
    ["PERIODIC", false],
    ["MANUAL_TRIGGER", false],
    ["RERUN_MANUAL_TRIGGER", true],
  ])("of type %s: is it a rerun? %s", (RunType, isRerun) => {
    expect(newestRoundOf(answer({ Items: [round(0, RunType)] }))).toMatchObject({
      isRerun,
      beganAt: null,
    });
  });

  it.each([
    { Items: [round(1)], TotalCount: 201 },
    { Items: [], TotalCount: 0 },
    { Items: null },
    { Items: [{ LifeRoundNum: null }, null, "text"] },
  ])("is not told by %j", (data) => {
    expect(newestRoundOf(answer(data))).toBeNull();
  });
});

describe("every reading", () => {
  it.each([
    ["2025", instanceReadingOf],
    ["2021", scheduleInstanceReadingOf],
    ["workflow", workflowRunReadingOf],
    ["rounds", newestRoundOf],
  ] as const)("tells nothing without a state (%s), and never throws", (_name, readingOf) => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(readingOf(value)).toBeNull();
        expect(readingOf({ Data: value })).toBeNull();
      }),
    );
  });
});
