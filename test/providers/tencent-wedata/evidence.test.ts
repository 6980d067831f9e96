import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ABSENCE_PROVES_AFTER_MS, type Evidence } from "../../../src/domain/evidence.ts";
import type { Operation } from "../../../src/domain/operation.ts";
import { aTencentRerun } from "../../support/a-received-request.ts";
import {
  aScheduleRerun,
  aWorkflowRerun,
  callOf,
  evidenceOf,
  freeTurns,
  openAdapter,
  openScriptedCloud,
  type ScriptedCloud,
} from "./wedata-for-tests.ts";

let cloud: ScriptedCloud;
let adapter: ReturnType<typeof openAdapter>;
beforeEach(async () => {
  cloud = await openScriptedCloud();
  adapter = openAdapter(cloud.port);
});
afterEach(async () => {
  adapter.close();
  await cloud.close();
});

const AT_REST = { InstanceState: "EXPIRED", TotalRunNum: 1, StartTime: "2025-10-02 11:00:00" };
const MOVING = { ...AT_REST, InstanceState: "RUNNING" };
const ROUND = { Items: [{ LifeRoundNum: 4 }], TotalCount: 1 };
const readBefore = async (operation: Operation) =>
  adapter.wedata.readBefore(callOf(operation), freeTurns());
const judge = async (
  operation: Operation,
  before: Evidence | null,
  writtenAgoMs = ABSENCE_PROVES_AFTER_MS,
) => {
  const call = callOf(operation);
  return adapter.wedata.judge({ call, targets: call.targets, before, writtenAgoMs }, freeTurns());
};
const instances = (...instanceKeys: readonly string[]) => aTencentRerun({ instanceKeys });

describe("whether a call leaves traces at its targets", () => {
  it.each<[Operation, boolean]>([
    [aTencentRerun(), true],
    [aTencentRerun({ rerunScope: "SELF_AND_CHILDREN" }), true],
    [aTencentRerun({ rerunScope: "CHILDREN" }), false],
    [aScheduleRerun(), true],
    [aScheduleRerun({ rerunScope: "CHILDREN" }), false],
    [aWorkflowRerun(), true],
  ])("%o: %s", (operation, leaves) => {
    expect(adapter.wedata.leavesTraces(callOf(operation))).toBe(leaves);
  });

  it("reads nothing where there is nothing to see", async () => {
    const operation = aTencentRerun({ rerunScope: "CHILDREN" });

    expect(await readBefore(operation)).toStrictEqual({ marks: [] });
    expect(await judge(operation, null)).toMatchObject([{ finding: "cannot-tell" }]);
    expect(cloud.asked).toStrictEqual([]);
  });
});

describe("what is read before a call", () => {
  it.each<[Operation, object, string]>([
    [aTencentRerun(), AT_REST, "GetTaskInstance 2025-08-06"],
    [aScheduleRerun(), { InstanceState: 4, LifeRoundNum: 0 }, "GetTaskInstance 2021-08-20"],
    // Its rounds are in the first reading already.
    [aScheduleRerun(), { InstanceState: 1, LifeRoundNum: 0 }, "GetTaskInstance 2021-08-20"],
    [
      aWorkflowRerun(),
      { TriggerWorkflowRun: { ExecutionState: "RUNNING", RerunTimes: 0 } },
      "GetTriggerWorkflowRun 2025-08-06",
    ],
  ])("is one thing of each target: %o", async (operation, data, read) => {
    cloud.say = () => data;

    expect((await readBefore(operation)).marks).toHaveLength(1);
    expect(cloud.asked.map(({ action, version }) => `${action} ${version}`)).toStrictEqual([read]);
  });

  it("is its rounds too where an instance is not at rest", async () => {
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? MOVING : ROUND);

    expect(await readBefore(instances("a"))).toMatchObject({
      marks: [{ target: "a", mark: { rounds: 4, runs: 1, state: "RUNNING" } }],
    });
  });

  it("leaves out what cannot be read", async () => {
    cloud.say = ({ body }) => (body["InstanceKey"] === "b" ? "FailedOperation" : AT_REST);

    expect(await readBefore(instances("a", "b", "c"))).toMatchObject({
      marks: [{ target: "a" }, { target: "c" }],
    });
  });

  it("keeps what it has where the rounds cannot be read", async () => {
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? MOVING : "InternalError");

    expect(await readBefore(instances("a"))).toMatchObject({
      marks: [{ mark: { rounds: null, state: "RUNNING" } }],
    });
  });

  it("can be written down", async () => {
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? MOVING : ROUND);
    const evidence = await readBefore(instances("a"));

    expect(JSON.parse(JSON.stringify(evidence))).toStrictEqual(evidence);
  });
});

describe("the judgement of a call in doubt", () => {
  it("is that it ran when a counter went up, with what weakens it", async () => {
    cloud.say = () => AT_REST;
    const before = await readBefore(instances("a"));
    cloud.say = () => ({ ...AT_REST, TotalRunNum: 2, InstanceState: "RUNNING" });

    expect(await judge(instances("a"), before, 0)).toStrictEqual([
      {
        target: "a",
        finding: "ran",
        why: "its runs went from 1 to 2; that proves a rerun, not who asked for it",
      },
    ]);
    const withChildren = aTencentRerun({ instanceKeys: ["a"], rerunScope: "SELF_AND_CHILDREN" });
    expect(await judge(withChildren, before, 0)).toMatchObject([
      { why: expect.stringMatching(/; its children were not looked at$/) as string },
    ]);
  });

  it.each<[Operation, object, object]>([
    [
      aScheduleRerun(),
      { InstanceState: 1, LifeRoundNum: 0 },
      { InstanceState: 6, LifeRoundNum: 1 },
    ],
    [
      aWorkflowRerun(),
      { TriggerWorkflowRun: { ExecutionState: "RUNNING", RerunTimes: 0 } },
      { TriggerWorkflowRun: { ExecutionState: "RUNNING", RerunTimes: 1 } },
    ],
  ])("goes by the counter of its own read: %o", async (operation, then, now) => {
    cloud.say = () => then;
    const before = await readBefore(operation);
    expect(await judge(operation, before)).toMatchObject([{ finding: "cannot-tell" }]);
    cloud.say = () => now;

    expect(await judge(operation, before, 0)).toMatchObject([{ finding: "ran" }]);
  });

  it("never proves the absence of what was to run with its children", async () => {
    const operation = aTencentRerun({ instanceKeys: ["a"], rerunScope: "SELF_AND_CHILDREN" });
    cloud.say = () => AT_REST;
    const before = await readBefore(operation);

    expect(await judge(operation, before)).toMatchObject([{ finding: "cannot-tell" }]);
  });

  it("does not take an automatic retry for a rerun", async () => {
    const retried = { ...MOVING, TotalRunNum: 2 };
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? MOVING : ROUND);
    const before = await readBefore(instances("a"));
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? retried : ROUND);
    expect(await judge(instances("a"), before)).toMatchObject([{ finding: "cannot-tell" }]);
    const next = { Items: [{ LifeRoundNum: 5 }] };
    cloud.say = ({ action }) => (action === "GetTaskInstance" ? retried : next);

    expect(await judge(instances("a"), before)).toMatchObject([{ finding: "ran" }]);
  });

  it("is that it did not run only when absence proves something", async () => {
    cloud.say = () => AT_REST;
    const before = await readBefore(instances("a"));

    expect(await judge(instances("a"), before, ABSENCE_PROVES_AFTER_MS - 1)).toStrictEqual([
      {
        target: "a",
        finding: "cannot-tell",
        why: "nothing about it has changed, but it is too early to take that for an end",
      },
    ]);
    expect(await judge(instances("a"), before, ABSENCE_PROVES_AFTER_MS)).toStrictEqual([
      {
        target: "a",
        finding: "did-not-run",
        why: "nothing about it has changed for 30 s after the call",
      },
    ]);
  });

  it("cannot be made without a reading from before, and reads nothing then", async () => {
    expect(await judge(instances("a"), null)).toMatchObject([{ finding: "cannot-tell" }]);
    expect(await judge(instances("a"), evidenceOf({ b: {} }))).toMatchObject([
      { target: "a", finding: "cannot-tell" },
    ]);
    expect(cloud.asked).toStrictEqual([]);
  });

  it("is made for each target by itself, in their order", async () => {
    cloud.say = () => AT_REST;
    const before = await readBefore(instances("a", "b", "c", "d"));
    cloud.say = ({ body }) => {
      if (body["InstanceKey"] === "b") return "InternalError";
      if (body["InstanceKey"] === "c") return { ...AT_REST, InstanceState: "COMPLETED" };
      return body["InstanceKey"] === "a" ? { ...AT_REST, TotalRunNum: 2 } : AT_REST;
    };

    expect(await judge(instances("a", "b", "c", "d"), before)).toMatchObject([
      { target: "a", finding: "ran" },
      { target: "b", finding: "cannot-tell", why: "it could not be read: InternalError: words" },
      { target: "c", finding: "cannot-tell" },
      { target: "d", finding: "did-not-run" },
    ]);
  });

  it("is about the targets in doubt alone", async () => {
    cloud.say = () => AT_REST;
    const call = callOf(instances("a", "b"));
    const before = await adapter.wedata.readBefore(call, freeTurns());
    const doubt = { call, targets: ["b"], before, writtenAgoMs: ABSENCE_PROVES_AFTER_MS };

    expect(await adapter.wedata.judge(doubt, freeTurns())).toMatchObject([{ target: "b" }]);
  });
});
