import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mark } from "../../../src/domain/evidence.ts";
import type { Following, Progress } from "../../../src/domain/following.ts";
import { AlibabaDataWorks } from "../../../src/providers/alibaba-dataworks/adapter.ts";
import { aDataWorksRerun } from "../../support/a-received-request.ts";
import {
  type AlibabaConnection,
  type AskedAction,
  atOnce,
  connectTo,
  openScriptedCloud,
  type ScriptedCloud,
  writtenDown,
} from "../alibaba-connection.ts";

const CALLED_AT = 1_700_000_000_000;
const BIG = "9223372036854775807";

let cloud: ScriptedCloud;
let connection: AlibabaConnection;
let dataworks: AlibabaDataWorks;
beforeEach(async () => {
  cloud = await openScriptedCloud();
  connection = await connectTo(cloud.port);
  dataworks = new AlibabaDataWorks(connection);
});
afterEach(async () => {
  connection.close();
  await cloud.close();
});

const aMark = (overrides: Mark = {}): Mark => ({
  ...{ status: "Failure", runNumber: 1, modifyTime: CALLED_AT - 500, modifyUser: "u" },
  ...{ startedTime: CALLED_AT - 2000, finishedTime: CALLED_AT - 500 },
  ...overrides,
});
const followingOf = (
  instanceIds: readonly string[],
  marks: Readonly<Record<string, Mark>> | null = null,
): Following => ({
  call: { claimId: "c", operation: aDataWorksRerun({ instanceIds }), targets: instanceIds },
  ...{ until: "finished", job: null, calledAt: CALLED_AT, ended: [], notes: {} },
  before:
    marks === null
      ? null
      : { marks: Object.entries(marks).map(([target, mark]) => ({ target, mark })) },
});
/** An instance as JSON text, its id digit for digit. */
const row = (id: string, rest: object = {}): string => {
  const { Status, RunNumber, ...more } = {
    ...{ Status: "Success", RunNumber: 2, ProjectId: 10, Bizdate: 5 },
    ...{ StartedTime: CALLED_AT + 10, FinishedTime: CALLED_AT + 20 },
    ...rest,
  };
  const others = JSON.stringify({ Status, RunNumber, ...more }).slice(1);
  return `{"Id":${id},${others}`;
};
const oneRow = (text: string) => `{"TaskInstance":${text}}`;
const listOf = (rows: readonly string[], total = rows.length) =>
  `{"PagingInfo":{"PageNumber":1,"PageSize":100,"TotalCount":${total},"TaskInstances":[${rows.join(",")}]}}`;
const follow = async (following: Following): Promise<Progress> =>
  dataworks.follow(writtenDown(following), atOnce);
const openAfter = (progress: Progress): Following => {
  if (progress.kind !== "open") throw new Error(`it is ${progress.kind}`);
  expect(writtenDown(progress.following)).toStrictEqual(progress.following);
  return progress.following;
};
const actions = (): readonly string[] => cloud.asked.map(({ action }) => action);

describe("following the runs of DataWorks", () => {
  it("reads each instance once, then one list for each project and business date", async () => {
    const projects: Readonly<Record<string, object>> = {
      "1": { ProjectId: 10, Bizdate: 5 },
      "2": { ProjectId: 10, Bizdate: 6 },
      [BIG]: { ProjectId: 10, Bizdate: 5 },
    };
    cloud.script = ({ parameters: { Id = "" } }) =>
      oneRow(row(Id, { Status: "Running", ...projects[Id] }));
    const first = openAfter(await follow(followingOf(["1", "2", BIG])));
    cloud.script = ({ parameters }) =>
      listOf(
        JSON.stringify(parameters["Ids"])
          .match(/\d+/g)
          ?.map((id) => row(id)) ?? [],
      );
    const marks = { "1": aMark(), "2": aMark(), [BIG]: aMark() };
    const end = await follow({
      ...first,
      ...followingOf(["1", "2", BIG], marks),
      notes: first.notes,
    });

    expect(actions().toSorted()).toStrictEqual([
      ...Array<string>(3).fill("GetTaskInstance"),
      ...Array<string>(2).fill("ListTaskInstances"),
    ]);
    const lists = cloud.asked.filter(({ action }) => action === "ListTaskInstances");
    const paging = { PageNumber: "1", PageSize: "100" };
    expect(lists.map(({ parameters }) => parameters)).toStrictEqual(
      expect.arrayContaining([
        { ProjectId: "10", Bizdate: "5", Ids: `[1,${BIG}]`, ...paging },
        { ProjectId: "10", Bizdate: "6", Ids: "[2]", ...paging },
      ]),
    );
    expect(end).toStrictEqual({
      kind: "ended",
      by: "runs",
      targets: ["1", "2", BIG].map((target) => ({ target, status: "SUCCEEDED", message: null })),
    });
  });

  it.each<[string, Mark | null, object]>([
    ["the number of the run before", aMark(), { RunNumber: 1, Status: "Failure" }],
    ["an end that was there before", aMark(), { FinishedTime: CALLED_AT - 500 }],
    ["a lower number", aMark({ runNumber: 3 }), { RunNumber: 2 }],
    ["no number", aMark(), { RunNumber: undefined }],
    ["an earlier start, unread before", null, { StartedTime: CALLED_AT - 1 }],
    ["no start, unread before", null, { StartedTime: undefined }],
    ["a first run, unread before", null, { RunNumber: 1 }],
    ["an earlier start, its number unread before", aMark({ runNumber: null }), { StartedTime: 5 }],
    ["a state that is not known", aMark(), { Status: "Exploded" }],
    ...["NotRun", "Running", "WaitTime", "CheckingCondition", "WaitResource", "Checking"].map(
      (Status): [string, Mark, object] => [`the state ${Status}`, aMark(), { Status }],
    ),
  ])("stays open with %s", async (_what, mark, rest) => {
    cloud.script = () => oneRow(row("1", rest));

    const progress = await follow(followingOf(["1"], mark === null ? null : { "1": mark }));

    expect(progress).toMatchObject({ kind: "open", following: { ended: [] } });
  });

  it.each<[string, Mark | null, object, object]>([
    ["a higher number", aMark(), {}, { status: "SUCCEEDED", message: null }],
    [
      "a higher number",
      aMark(),
      { Status: "Failure" },
      { status: "FAILED", message: "run 2 ended as Failure" },
    ],
    ["a start after the call, unread before", null, {}, { status: "SUCCEEDED" }],
    [
      "a start at the call, unread before",
      null,
      { StartedTime: CALLED_AT },
      { status: "SUCCEEDED" },
    ],
  ])("ends with %s", async (_what, mark, rest, end) => {
    cloud.script = () => oneRow(row("1", rest));

    expect(await follow(followingOf(["1"], mark === null ? null : { "1": mark }))).toMatchObject({
      kind: "ended",
      by: "runs",
      targets: [{ target: "1", ...end }],
    });
  });

  it("takes the highest run of an instance, wherever it stands in a list of several pages", async () => {
    const following = { ...followingOf(["1"], { "1": aMark() }), notes: { "1": "10 5" } };
    cloud.script = ({ parameters: { PageNumber } }) =>
      PageNumber === "1"
        ? listOf([row("1", { RunNumber: 1, Status: "Failure" })], 3)
        : listOf([row("1"), row("1", { RunNumber: 1, Status: "Failure" })], 3);

    expect(await follow(following)).toMatchObject({
      kind: "ended",
      targets: [{ status: "SUCCEEDED" }],
    });
    expect(cloud.asked.map(({ parameters }) => parameters["PageNumber"])).toStrictEqual(["1", "2"]);
  });

  it("keeps the ends that are known, and reads only the others", async () => {
    const known = { target: "1", status: "FAILED", message: "no" } as const;
    const following = { ...followingOf(["1", "2"]), ended: [known] };
    cloud.script = () => oneRow(row("2"));

    expect(await follow(following)).toMatchObject({
      kind: "ended",
      targets: [known, { target: "2", status: "SUCCEEDED" }],
    });
    expect(cloud.asked.map(({ parameters }) => parameters)).toStrictEqual([{ Id: "2" }]);
  });

  it("goes on with what it read when another read failed, and tells how things stand", async () => {
    cloud.script = ({ parameters: { Id = "" } }) =>
      Id === "1" ? oneRow(row("1")) : { status: 429, code: "Throttling.User" };

    const progress = await follow(followingOf(["1", "2"]));

    expect(progress).toMatchObject({
      kind: "open",
      following: { ended: [{ target: "1" }], notes: { "1": "10 5" } },
      told: "1 of 2 runs have not ended: 2 was not told",
    });
  });

  it("reads instances one by one when their list is refused", async () => {
    cloud.script = ({ action }) =>
      action === "GetTaskInstance"
        ? oneRow(row("1", { Status: "Running" }))
        : { status: 400, code: "InvalidParameter" };
    const placed = openAfter(await follow(followingOf(["1"])));
    const unplaced = openAfter(await follow(placed));
    cloud.script = () => oneRow(row("1"));

    expect(await follow(unplaced)).toMatchObject({ kind: "ended" });
    expect(actions()).toStrictEqual([
      ...["GetTaskInstance", "ListTaskInstances", "GetTaskInstance"],
    ]);
  });

  it.each<[string, ReturnType<ScriptedCloud["script"]>, object]>([
    ["is throttled", { status: 429, code: "Throttling.User" }, { result: "throttled" }],
    ["is refused", { status: 400, code: "Invalid.Instance" }, { result: "refused" }],
    ["tells nothing", "{}", { result: "uncertain" }],
    ["tells of another instance", oneRow(row("7")), { result: "uncertain" }],
  ])("is unreadable when the read %s", async (_what, answer, end) => {
    cloud.script = () => answer;

    expect(await follow(followingOf(["1"]))).toMatchObject({ kind: "unreadable", ...end });
  });

  it("looks an instance up again that is no longer where it was", async () => {
    const following = { ...followingOf(["1"]), notes: { "1": "10 5" } };
    cloud.script = () => listOf([]);
    const after = openAfter(await follow(following));
    cloud.script = (asked: AskedAction) => oneRow(row(String(asked.parameters["Id"])));

    expect(await follow(after)).toMatchObject({ kind: "ended" });
    expect(actions()).toStrictEqual(["ListTaskInstances", "GetTaskInstance"]);
  });

  it("reads an instance by itself as long as its place is not told", async () => {
    cloud.script = () => oneRow(row("1", { Status: "Running", ProjectId: undefined }));
    const after = openAfter(await follow(followingOf(["1"])));
    await follow(after);

    expect(actions()).toStrictEqual(["GetTaskInstance", "GetTaskInstance"]);
  });
});
