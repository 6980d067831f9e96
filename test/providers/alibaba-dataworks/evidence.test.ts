import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ABSENCE_PROVES_AFTER_MS,
  type Evidence,
  type TargetFinding,
} from "../../../src/domain/evidence.ts";
import type { RerunCall } from "../../../src/domain/provider.ts";
import { AlibabaDataWorks } from "../../../src/providers/alibaba-dataworks/adapter.ts";
import { aDataWorksRerun } from "../../support/a-received-request.ts";
import {
  type AlibabaConnection,
  atOnce,
  connectTo,
  openScriptedCloud,
  type Scripted,
  type ScriptedCloud,
  writtenDown,
} from "../alibaba-connection.ts";

// A quarter past: five minutes before and after it lie in the same half hour.
const NOW = Date.UTC(2026, 10, 22, 9, 15);
const BIG = "9223372036854775807";
const LONG_AGO = ABSENCE_PROVES_AFTER_MS;

let cloud: ScriptedCloud;
let connection: AlibabaConnection;
let now: number;
beforeEach(async () => {
  now = NOW;
  cloud = await openScriptedCloud();
  connection = await connectTo(cloud.port);
});
afterEach(async () => {
  connection.close();
  await cloud.close();
});

const FIELDS = {
  ...{ Status: "Failure", RunNumber: 3, ModifyTime: NOW - 60_000, ModifyUser: 1000 },
  ...{ StartedTime: NOW - 70_000, FinishedTime: NOW - 60_000 },
};
const showing = (id: string, rest: object = {}): string =>
  `{"TaskInstance":{"Id":${id},${JSON.stringify({ ...FIELDS, ...rest }).slice(1)}}`;
const logs = (...times: readonly unknown[]): string => {
  const OperationLogs = times.map((CreateTime) => ({ CreateTime, User: 1000 }));
  return JSON.stringify({ PagingInfo: { TotalCount: times.length, OperationLogs } });
};
const callOf = (...instanceIds: readonly string[]): RerunCall => ({
  ...{ claimId: "c", operation: aDataWorksRerun({ instanceIds }), targets: instanceIds },
});
const adapter = () => new AlibabaDataWorks({ ...connection, now: () => now });
const readBefore = async (rest: object = {}, ...ids: readonly string[]): Promise<Evidence> => {
  cloud.script = ({ parameters: { Id = "" } }) => showing(Id, rest);
  return writtenDown(
    await adapter().readBefore(callOf(...(ids.length === 0 ? ["1"] : ids)), atOnce),
  );
};
const judge = async (
  before: Evidence | null,
  after: { readonly instance: Scripted; readonly logs?: Scripted },
  writtenAgoMs = LONG_AGO,
): Promise<TargetFinding | undefined> => {
  cloud.script = ({ action }) =>
    action === "GetTaskInstance" ? after.instance : (after.logs ?? logs());
  const doubt = { call: callOf("1"), targets: ["1"], before, writtenAgoMs };
  return (await adapter().judge(doubt, atOnce))[0];
};

describe("what DataWorks shows before a call", () => {
  it("is one mark for each instance, plain values, ids digit for digit", async () => {
    const mark = {
      ...{ status: "Failure", runNumber: 3, modifyTime: NOW - 60_000, modifyUser: "1000" },
      ...{ startedTime: NOW - 70_000, finishedTime: NOW - 60_000 },
    };

    expect(await readBefore({}, "1", BIG)).toStrictEqual({
      marks: ["1", BIG].map((target) => ({ target, mark })),
    });
    expect(cloud.asked.map(({ parameters }) => parameters["Id"]).toSorted()).toStrictEqual([
      "1",
      BIG,
    ]);
  });

  it("leaves out what cannot be read", async () => {
    cloud.script = ({ parameters: { Id = "" } }) =>
      Id === "1" ? { status: 400, code: "Invalid.Instance" } : showing(Id);

    const evidence = await adapter().readBefore(callOf("1", "2"), atOnce);

    expect(evidence.marks.map(({ target }) => target)).toStrictEqual(["2"]);
  });
});

describe("judging a call of DataWorks", () => {
  it("can tell something about every call", () => {
    expect(adapter().leavesTraces()).toBe(true);
  });

  it.each<[string, object, object]>([
    ["the run number rose", {}, { RunNumber: 4 }],
    ["the run number rose and the run ended", {}, { RunNumber: 4, Status: "Success" }],
    ["it had ended and waits", {}, { Status: "WaitTime" }],
    ["it had ended and runs", { Status: "Success" }, { Status: "Running" }],
    ["a later run started", {}, { StartedTime: NOW }],
  ])("finds that it ran when %s, early or late", async (_what, then, rest) => {
    const before = await readBefore(then);

    for (const writtenAgoMs of [0, LONG_AGO]) {
      expect(
        await judge(before, { instance: showing("1", { ...then, ...rest }) }, writtenAgoMs),
      ).toMatchObject({
        ...{ target: "1", finding: "ran" },
        why: expect.stringContaining("likely, not certain") as string,
      });
    }
  });

  it("finds that it did not run when nothing changed, its log included, long after", async () => {
    const before = await readBefore();
    const answers = { instance: showing("1"), logs: logs(NOW - 60_000, NOW - 100_000) };

    expect(await judge(before, answers)).toStrictEqual({
      ...{ target: "1", finding: "did-not-run" },
      why: "nothing about it changed, 30 s after the call, and its operation log has no later entry",
    });
  });

  it.each<[string, object, Scripted, Scripted | undefined, number]>([
    ["it is too early", {}, showing("1"), undefined, LONG_AGO - 1],
    ["the log has a later entry", {}, showing("1"), logs(NOW - 59_999), LONG_AGO],
    ["the log has an entry without a time", {}, showing("1"), logs(null), LONG_AGO],
    ["the log cannot be read", {}, showing("1"), { status: 400, code: "InvalidDate" }, LONG_AGO],
    ["the log tells nothing", {}, showing("1"), "{}", LONG_AGO],
    [
      "the log has no end",
      {},
      showing("1"),
      '{"PagingInfo":{"TotalCount":9,"OperationLogs":[]}}',
      LONG_AGO,
    ],
    ["the run number fell", {}, showing("1", { RunNumber: 2 }), undefined, LONG_AGO],
    ["it changed otherwise", {}, showing("1", { ModifyTime: NOW }), undefined, LONG_AGO],
    ["another user changed it", {}, showing("1", { ModifyUser: "2" }), undefined, LONG_AGO],
    ["its state is not known", {}, showing("1", { Status: "Exploded" }), undefined, LONG_AGO],
    ["it was under way before", { Status: "Running" }, showing("1"), undefined, LONG_AGO],
    [
      "it was under way before and its number rose",
      { Status: "Running" },
      showing("1", { RunNumber: 4 }),
      undefined,
      LONG_AGO,
    ],
    [
      "its run number is never told",
      { RunNumber: null },
      showing("1", { RunNumber: null }),
      undefined,
      LONG_AGO,
    ],
    [
      "its last change is never told",
      { ModifyTime: null },
      showing("1", { ModifyTime: null }),
      undefined,
      LONG_AGO,
    ],
    ["it cannot be read", {}, { status: 503, code: "ServiceUnavailable" }, undefined, LONG_AGO],
    ["the answer is another's", {}, showing("2", { RunNumber: 4 }), undefined, LONG_AGO],
  ])("cannot tell when %s", async (_what, then, instance, log, writtenAgoMs) => {
    const before = await readBefore(then);
    const answers = log === undefined ? { instance } : { instance, logs: log };

    expect(await judge(before, answers, writtenAgoMs)).toMatchObject({
      ...{ target: "1", finding: "cannot-tell" },
    });
  });

  it("cannot tell, and reads nothing, without a reading before", async () => {
    expect(await judge(null, { instance: showing("1", { RunNumber: 9 }) })).toStrictEqual({
      ...{ target: "1", finding: "cannot-tell", why: "it was not read before the call" },
    });
    expect(cloud.asked).toStrictEqual([]);
  });

  it("tells of the targets in doubt, in their order, each by itself", async () => {
    const before = await readBefore({}, "1", "2", BIG);
    cloud.script = ({ action, parameters: { Id = "" } }) =>
      action === "GetTaskInstance" ? showing(Id, Id === BIG ? { RunNumber: 4 } : {}) : logs();
    const call = callOf("1", "2", BIG);
    const doubt = { call, targets: [BIG, "1"], before, writtenAgoMs: LONG_AGO };

    const findings = await adapter().judge(doubt, atOnce);

    expect(findings.map(({ target, finding }) => [target, finding])).toStrictEqual([
      [BIG, "ran"],
      ["1", "did-not-run"],
    ]);
  });

  it.each([
    ["one day", 0, 1],
    ["both days where midnight may be near, in whatever zone", -14 * 60_000, 2],
  ])("reads the log of %s", async (_what, shiftMs, reads) => {
    const before = await readBefore();
    now = NOW + shiftMs;

    // A monotonic clock tells fractions; the API takes whole milliseconds.
    await judge(before, { instance: showing("1") }, LONG_AGO + 0.25);

    const asked = cloud.asked.filter(({ action }) => action === "ListTaskInstanceOperationLogs");
    const calledAt = now - LONG_AGO - 1;
    const dates = [calledAt - 300_000, calledAt + 300_000].slice(0, reads);
    expect(asked.map(({ parameters }) => parameters)).toStrictEqual(
      dates.map((date) => ({ Id: "1", Date: String(date), PageNumber: "1", PageSize: "100" })),
    );
  });
});
