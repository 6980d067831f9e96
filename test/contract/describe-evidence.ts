import { expect, it } from "vitest";
import {
  ABSENCE_PROVES_AFTER_MS,
  type Doubt,
  type Evidence,
  type RunFinding,
} from "../../src/domain/evidence.ts";
import { noTurns, promptTurns } from "../support/read-turns.ts";
import type { Rig } from "./rig.ts";

/** Readings before and after a call of which nobody knows whether it ran. */
export function describeEvidence({ traits, admin, open, callOf, rerun, reruns }: Rig): void {
  const { targets, absenceProves } = traits;
  const late = ABSENCE_PROVES_AFTER_MS;
  const reads = async () => (await admin().arrivals()).filter(({ effect }) => effect === "read");

  /** Loses the answer of a call to all targets; `executed`: but not the call. */
  const lose = async (executed: boolean) => {
    const connection = await open();
    const call = callOf(targets);
    const { turns } = promptTurns();
    const before = await connection.provider.readBefore(call, turns);
    await admin().inject({ kind: "close", executed, count: 1, filter: { effect: "rerun" } });
    const end = await rerun(connection, { of: targets });
    expect(end.kind).toBe("uncertain");
    const judge = async (given: Evidence | null, writtenAgoMs: number) => {
      const doubt: Doubt = { call, targets, before: given, writtenAgoMs };
      const findings = await connection.provider.judge(doubt, turns);
      expect(findings.map(({ target }) => target)).toStrictEqual(targets);
      expect(findings.every(({ why }) => why.length > 0)).toBe(true);
      return new Set(findings.map(({ finding }) => finding));
    };
    return { before, judge };
  };
  const only = (finding: RunFinding) => new Set([finding]);

  it("reads a mark of every target before a call, in a form that can be written down", async () => {
    const { provider } = await open();
    const call = callOf(targets);
    const evidence = await provider.readBefore(call, promptTurns().turns);

    expect(provider.leavesTraces(call)).toBe(true);
    expect(evidence.marks.map(({ target }) => target)).toStrictEqual(targets);
    expect(JSON.parse(JSON.stringify(evidence))).toStrictEqual(evidence);
    expect(await reruns()).toStrictEqual([]);
  });

  it("sees that a call ran whose answer was lost, soon and late", async () => {
    const { before, judge } = await lose(true);

    expect(await judge(before, 0)).toStrictEqual(only("ran"));
    expect(await judge(before, late)).toStrictEqual(only("ran"));
  });

  it("takes missing traces for proof only when they prove anything", async () => {
    const { before, judge } = await lose(false);

    expect(await judge(before, late - 1)).toStrictEqual(only("cannot-tell"));
    expect(await judge(before, late)).toStrictEqual(
      only(absenceProves ? "did-not-run" : "cannot-tell"),
    );
  });

  it.each([true, false])(
    "cannot tell without a reading before the call (executed: %s)",
    async (executed) => {
      const { judge } = await lose(executed);

      expect(await judge(null, late)).toStrictEqual(only("cannot-tell"));
    },
  );

  it("cannot tell while the provider shows nothing, and sees it when it does", async () => {
    await admin().inject({ kind: "evidence-lag", ms: 300 });
    const { before, judge } = await lose(true);
    expect(await judge(before, 0)).toStrictEqual(only("cannot-tell"));

    await expect.poll(async () => judge(before, 0)).toStrictEqual(only("ran"));
  });

  it.each([
    ["an answer in HTML", { kind: "html", status: 502 }],
    ["an answer that tells nothing", { kind: "garbage", body: "{}" }],
    ["throttling", { kind: "throttle" }],
  ] as const)("cannot tell what it cannot read: %s", async (_name, fault) => {
    const { before, judge } = await lose(false);
    await admin().inject({ ...fault, filter: { effect: "read" } });

    expect(await judge(before, late)).toStrictEqual(only("cannot-tell"));
    const { provider } = await open();
    expect(await provider.readBefore(callOf(targets), promptTurns().turns)).toStrictEqual({
      marks: [],
    });
  });

  it("reads only when it has a turn, by the actions that it names", async () => {
    const { provider } = await open();
    const call = callOf(targets);
    const { turns, actions } = promptTurns();
    const before = await provider.readBefore(call, turns);
    await provider.judge({ call, targets, before, writtenAgoMs: late }, turns);

    const arrived = (await reads()).map(({ action }) => action);
    expect(arrived.toSorted()).toStrictEqual(actions.toSorted());
    expect(arrived.length).toBeGreaterThan(1);
    expect(provider.reads).toStrictEqual(expect.arrayContaining([...new Set(actions)]));
  });

  it("reads nothing without a turn", async () => {
    const { provider } = await open();
    const call = callOf(targets);
    const before = await provider.readBefore(call, promptTurns().turns);
    const earlier = (await reads()).length;
    const findings = await provider.judge({ call, targets, before, writtenAgoMs: late }, noTurns);

    expect(await provider.readBefore(call, noTurns)).toStrictEqual({ marks: [] });
    expect(new Set(findings.map(({ finding }) => finding))).toStrictEqual(only("cannot-tell"));
    expect(await reads()).toHaveLength(earlier);
  });
}
