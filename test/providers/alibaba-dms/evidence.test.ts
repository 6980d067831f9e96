import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ABSENCE_PROVES_AFTER_MS, type Evidence } from "../../../src/domain/evidence.ts";
import { atOnce, type Scripted, writtenDown } from "../alibaba-connection.ts";
import { aDmsCall } from "./a-dms-rerun.ts";
import { aRecord, listOf, openScriptedDms, type ScriptedDms } from "./scripted-dms.ts";

/** Midnight in UTC+8 was a moment ago. */
const NOW = Date.UTC(2026, 10, 22, 16, 0, 10);
const CALL = aDmsCall();
const ID = "47000";
const LATER = { startTime: "2026-11-22 23:59:50", EndTime: "2026-11-22 23:59:59" };

let scripted: ScriptedDms;
beforeEach(async () => {
  scripted = await openScriptedDms(NOW);
});
afterEach(async () => scripted.close());

const readBefore = async (rest: object = {}): Promise<Evidence> => {
  scripted.cloud.script = () => listOf([aRecord("1"), aRecord(ID, rest)]);
  return writtenDown(await scripted.dms.readBefore(CALL, atOnce));
};
const judge = async (
  before: Evidence | null,
  answer: Scripted,
  writtenAgoMs = ABSENCE_PROVES_AFTER_MS,
) => {
  scripted.cloud.script = () => answer;
  return scripted.dms.judge({ call: CALL, targets: [ID], before, writtenAgoMs }, atOnce);
};

describe("what DMS shows before a call", () => {
  it("is one mark, plain values, found around today in UTC+8", async () => {
    expect(await readBefore()).toStrictEqual({
      marks: [
        {
          target: ID,
          mark: { status: 3, startTime: "2026-11-22 08:00:00", endTime: "2026-11-22 08:10:00" },
        },
      ],
    });
    expect(scripted.cloud.asked).toMatchObject([
      { parameters: { StartTimeBegin: "2026-11-21", StartTimeEnd: "2026-11-24" } },
    ]);
  });

  it.each<[string, Scripted]>([
    ["cannot be read", { status: 503, code: "ServiceUnavailable" }],
    ["is not found", listOf([])],
  ])("is nothing when the instance %s", async (_what, answer) => {
    scripted.cloud.script = () => answer;

    expect(await scripted.dms.readBefore(CALL, atOnce)).toStrictEqual({ marks: [] });
  });
});

describe("judging a call of DMS", () => {
  it("can tell something about every call", () => {
    expect(scripted.dms.leavesTraces()).toBe(true);
  });

  it.each<[string, object, object]>([
    ["a later run started", {}, { ...LATER, Status: 1, EndTime: null }],
    ["a later run ended already", {}, { ...LATER, Status: 4 }],
    ["it had ended and waits", {}, { Status: 0 }],
    ["it had ended and runs", { Status: 5 }, { Status: 1 }],
    ["its end was cleared", {}, { Status: 2, EndTime: "" }],
    ["it has a later end", {}, { EndTime: LATER.EndTime }],
  ])("finds that it ran when %s, early or late", async (_what, then, rest) => {
    const before = await readBefore(then);

    for (const writtenAgoMs of [0, ABSENCE_PROVES_AFTER_MS]) {
      const findings = await judge(
        before,
        listOf([aRecord(ID, { ...then, ...rest })]),
        writtenAgoMs,
      );

      expect(findings).toMatchObject([
        {
          ...{ target: ID, finding: "ran" },
          why: expect.stringContaining("likely, not certain") as string,
        },
      ]);
    }
  });

  it.each<[string, object, Scripted, string]>([
    ["nothing changed", {}, listOf([aRecord(ID)]), "missing traces prove nothing"],
    ["it was under way before", { Status: 1 }, listOf([aRecord(ID, LATER)]), "had not ended"],
    ["it was waiting and started", { Status: 0 }, listOf([aRecord(ID, LATER)]), "had not ended"],
    ["it changed otherwise", {}, listOf([aRecord(ID, { Status: 4 })]), "not as by a new run"],
    ["it is gone", {}, listOf([]), "was not found"],
    ["it cannot be read", {}, { status: 400, code: "Throttling" }, "cannot be read: Throttling"],
    [
      "a manual instance is new",
      {},
      listOf([aRecord("47001", { startTime: "2026-11-22 23:59:40", TriggerType: 1 }), aRecord(ID)]),
      "the manual instance 47001 started since",
    ],
  ])("cannot tell when %s", async (_what, then, answer, why) => {
    const before = await readBefore(then);

    for (const writtenAgoMs of [ABSENCE_PROVES_AFTER_MS, 86_400_000]) {
      expect(await judge(before, answer, writtenAgoMs)).toMatchObject([
        {
          ...{ target: ID, finding: "cannot-tell" },
          why: expect.stringContaining(why) as string,
        },
      ]);
    }
  });

  it("takes a scheduled instance, or one from before the call, for no rival", async () => {
    const before = await readBefore();
    const others = [
      aRecord("47001", { startTime: "2026-11-22 23:59:40", TriggerType: 0 }),
      aRecord("46999", { startTime: "2026-11-22 23:59:39", TriggerType: 1 }),
    ];

    const [finding] = await judge(before, listOf([...others, aRecord(ID)]));

    expect(finding?.why).not.toContain("started since");
  });

  it("cannot tell, and reads nothing, without a reading before", async () => {
    expect(await judge(null, listOf([aRecord(ID, LATER)]))).toStrictEqual([
      { target: ID, finding: "cannot-tell", why: "it was not read before the call" },
    ]);
    expect(scripted.cloud.asked).toStrictEqual([]);
  });
});
