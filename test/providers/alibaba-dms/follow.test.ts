import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mark } from "../../../src/domain/evidence.ts";
import type { Following, Progress } from "../../../src/domain/following.ts";
import { atOnce, writtenDown } from "../alibaba-connection.ts";
import { aDmsCall } from "./a-dms-rerun.ts";
import { aRecord, isOfDays, listOf, openScriptedDms, type ScriptedDms } from "./scripted-dms.ts";

/** 09:00:00.700 in UTC+8. */
const CALLED_AT = Date.UTC(2026, 10, 22, 1, 0, 0, 700);
const ID = "47000";
const OLD: Mark = { status: 3, startTime: "2026-11-22 08:00:00", endTime: "2026-11-22 08:10:00" };
const NEW = { Status: 4, startTime: "2026-11-22 09:00:01", EndTime: "2026-11-22 09:00:02" };

let scripted: ScriptedDms;
beforeEach(async () => {
  scripted = await openScriptedDms(CALLED_AT);
});
afterEach(async () => scripted.close());

const followingOf = (mark: Mark | null, rest: Parameters<typeof aDmsCall>[0] = {}): Following => {
  const call = aDmsCall(rest);
  const [target = ""] = call.targets;
  return {
    ...{ call, until: "finished", job: null, calledAt: CALLED_AT, ended: [], notes: {} },
    before: mark === null ? null : { marks: [{ target, mark }] },
  };
};
const follow = async (following: Following): Promise<Progress> =>
  scripted.dms.follow(writtenDown(following), atOnce);
const show = (rest: object) => {
  scripted.cloud.script = () => listOf([aRecord("1"), aRecord(ID, rest)]);
};

describe("following the run of DMS", () => {
  it("reads the records of the days around the call, by their start, digit for digit", async () => {
    const big = "9223372036854775807";
    scripted.cloud.script = () =>
      listOf([aRecord("9223372036854775806"), aRecord(big, { ...NEW, Status: 5 })]);

    expect(
      await follow(followingOf(OLD, { dagId: big, dagInstanceId: big, tenantId: "3" })),
    ).toStrictEqual({
      ...{ kind: "ended", by: "runs" },
      targets: [{ target: big, status: "SUCCEEDED", message: null }],
    });
    expect(scripted.cloud.asked.map(({ parameters }) => parameters)).toStrictEqual([
      {
        ...{ DagId: big, Tid: "3", PageIndex: "1", PageSize: "100", UseBizDate: "false" },
        ...{ StartTimeBegin: "2026-11-20", StartTimeEnd: "2026-11-23" },
      },
    ]);
  });

  it.each<[string, Mark | null, object, object]>([
    ["executed", OLD, NEW, { status: "SUCCEEDED" }],
    ["complete", OLD, { ...NEW, Status: 5 }, { status: "SUCCEEDED" }],
    ["failed", OLD, { ...NEW, Status: 3 }, { status: "FAILED", message: "the run failed" }],
    [
      "failed, with its words",
      OLD,
      { ...NEW, Status: 3, Message: "node 2" },
      { status: "FAILED", message: "the run failed: node 2" },
    ],
    [
      "executed in the second of the call, unread before",
      null,
      { ...NEW, startTime: "2026-11-22 09:00:00" },
      { status: "SUCCEEDED" },
    ],
    [
      "executed later under its old start",
      OLD,
      { Status: 4, EndTime: "2026-11-22 09:00:02" },
      { status: "SUCCEEDED" },
    ],
  ])("ends as %s", async (_what, mark, rest, end) => {
    show(rest);

    expect(await follow(followingOf(mark))).toMatchObject({ kind: "ended", targets: [end] });
  });

  it.each<[string, Mark | null, object]>([
    ["as it was before", OLD, {}],
    ["as it was before, unread before", null, {}],
    ["executed before the call, unread before", null, { ...NEW, startTime: "2026-11-22 08:59:59" }],
    ["executed with the old end", OLD, { ...NEW, EndTime: "2026-11-22 08:10:00" }],
    ["executed under its old start, no end told", OLD, { Status: 4, EndTime: null }],
    ["executed without any times", OLD, { Status: 4, startTime: null, EndTime: null }],
    ["waiting", OLD, { ...NEW, Status: 0 }],
    ["running", OLD, { ...NEW, Status: 1 }],
    ["paused", OLD, { ...NEW, Status: 2 }],
    ["in a state that is not known", OLD, { ...NEW, Status: 9 }],
    ["executed at a time that is none", null, { ...NEW, startTime: "soon" }],
  ])("stays open while it is %s", async (_what, mark, rest) => {
    const following = followingOf(mark);
    show(rest);

    const progress = await follow(following);

    expect(progress).toMatchObject({ kind: "open", following });
  });

  it("looks among all days' records for one that is not among those of the call's", async () => {
    scripted.cloud.script = (asked) => listOf(isOfDays(asked) ? [] : [aRecord(ID)]);

    expect(await follow(followingOf(OLD))).toMatchObject({
      kind: "open",
      told: "instance 47000 is failed, started 2026-11-22 08:00:00",
    });
    expect(scripted.cloud.asked.map(isOfDays)).toStrictEqual([true, false]);
  });

  it("goes through the pages until it finds it, and not beyond the bounds", async () => {
    scripted.cloud.script = ({ parameters: { PageIndex } }) =>
      listOf([aRecord(PageIndex === "3" ? ID : "1", NEW)], 1000);
    expect(await follow(followingOf(OLD))).toMatchObject({ kind: "ended" });
    expect(scripted.cloud.asked).toHaveLength(3);

    scripted.cloud.script = () => listOf([aRecord("1")], 100_000);
    expect(await follow(followingOf(OLD))).toMatchObject({
      kind: "open",
      told: "instance 47000 was not found among the task flow's records",
    });
    expect(scripted.cloud.asked).toHaveLength(3 + 5 + 10);
  });

  it("tells of a manual instance that started since, and does not take it for the rerun", async () => {
    scripted.cloud.script = () =>
      listOf([aRecord("47001", { ...NEW, TriggerType: 1 }), aRecord(ID)]);

    expect(await follow(followingOf(OLD))).toMatchObject({
      kind: "open",
      told: expect.stringContaining("the manual instance 47001 started since") as string,
    });
  });

  it.each<[string, ReturnType<ScriptedDms["cloud"]["script"]>, object]>([
    ["is throttled", { status: 400, code: "Throttling" }, { result: "throttled" }],
    ["is not permitted", { status: 403, code: "NoPermission" }, { result: "refused" }],
    ["fails", '{"Success":false,"ErrorCode":"X","TotalCount":0}', { result: "uncertain" }],
    ["tells nothing", "{}", { result: "uncertain" }],
  ])("is unreadable when the read %s", async (_what, answer, end) => {
    scripted.cloud.script = () => answer;

    expect(await follow(followingOf(OLD))).toMatchObject({ kind: "unreadable", ...end });
  });
});
