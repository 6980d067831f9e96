import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ABSENCE_PROVES_AFTER_MS, type Doubt, type RunFinding } from "../../src/domain/evidence.ts";
import type { ReadTurns, RerunCall } from "../../src/domain/provider.ts";
import { Judge, type JudgeOptions, type OpenQuestion } from "../../src/judging/judge.ts";
import { aDataWorksRerun } from "../support/a-received-request.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const call: RerunCall = { claimId: "c1", operation: aDataWorksRerun(), targets: ["1", "2", "3"] };
const before = { marks: [{ target: "1", mark: { runs: 1 } }] };
const question = (...targets: readonly string[]): OpenQuestion => {
  return { call, targets, before, rivals: [] };
};
const turns = {} as ReadTurns; // handed through, never used here

/** A judge whose nth reading finds what `find` says. */
function aJudge(
  find: (target: string, nth: number) => RunFinding,
  overrides: Partial<JudgeOptions> & { readonly leavesTraces?: boolean } = {},
) {
  const { leavesTraces = true, ...rest } = overrides;
  const readings: { readonly atMs: number; readonly doubt: Doubt }[] = [];
  const told: RunFinding[] = [];
  const stop = new AbortController();
  const start = performance.now();
  const judge = new Judge({
    provider: {
      leavesTraces: () => leavesTraces,
      judge: async (doubt) => {
        readings.push({ atMs: Math.round(performance.now() - start), doubt });
        const nth = readings.length;
        return doubt.targets.map((target) => {
          return { target, finding: find(target, nth), why: `reading ${nth}` };
        });
      },
    },
    turns,
    reads: 3,
    intervalMs: 2000,
    stopped: stop.signal,
    now: () => performance.now(),
    onFinding: (finding) => void told.push(finding),
    ...rest,
  });
  return { judge, readings, told, stop: () => stop.abort(new Error("stopped")) };
}

describe("a judge", () => {
  it("reads at once and stops reading when every target is seen to have run", async () => {
    const { judge, readings, told } = aJudge(() => "ran");

    await expect(judge.judge(question("1", "2"))).resolves.toStrictEqual([
      { target: "1", finding: "ran", why: "reading 1" },
      { target: "2", finding: "ran", why: "reading 1" },
    ]);
    expect(readings.map(({ atMs }) => atMs)).toStrictEqual([0]);
    expect(told).toStrictEqual(["ran", "ran"]);
    expect(judge.size).toBe(0);
  });

  it("reads again at the interval, and the last time not before absence proves anything", async () => {
    const { judge, readings } = aJudge((_, nth) => (nth < 3 ? "cannot-tell" : "did-not-run"));
    const found = judge.judge(question("1"));
    expect(judge.size).toBe(1);
    await vi.advanceTimersByTimeAsync(ABSENCE_PROVES_AFTER_MS);

    await expect(found).resolves.toMatchObject([{ finding: "did-not-run", why: "reading 3" }]);
    expect(readings.map(({ atMs }) => atMs)).toStrictEqual([0, 2000, ABSENCE_PROVES_AFTER_MS]);
    expect(readings.map(({ doubt }) => doubt.writtenAgoMs)).toStrictEqual([
      ...[0, 2000, ABSENCE_PROVES_AFTER_MS],
    ]);
  });

  it("does not hurry a last reading that is later anyway", async () => {
    const { judge, readings } = aJudge(() => "cannot-tell", { reads: 2, intervalMs: 60_000 });
    void judge.judge(question("1"));
    await vi.advanceTimersByTimeAsync(60_000);

    expect(readings.map(({ atMs }) => atMs)).toStrictEqual([0, 60_000]);
  });

  it("is not early although timers are", async () => {
    const { judge, readings } = aJudge(() => "cannot-tell", {
      now: () => performance.now() * 0.9999,
    });
    void judge.judge(question("1"));
    await vi.advanceTimersByTimeAsync(2 * ABSENCE_PROVES_AFTER_MS);

    expect(readings.at(-1)?.doubt.writtenAgoMs).toBeGreaterThanOrEqual(ABSENCE_PROVES_AFTER_MS);
  });

  it("waits even with a single reading", async () => {
    const { judge, readings } = aJudge(() => "ran", { reads: 1 });
    void judge.judge(question("1"));
    await vi.advanceTimersByTimeAsync(ABSENCE_PROVES_AFTER_MS);

    expect(readings.map(({ atMs }) => atMs)).toStrictEqual([ABSENCE_PROVES_AFTER_MS]);
  });

  it("does not ask again for what was seen to run, and keeps what was seen", async () => {
    const { judge, readings } = aJudge((target, nth) =>
      target === "1" ? "ran" : nth < 3 ? "cannot-tell" : "did-not-run",
    );
    const found = judge.judge(question("1", "2"));
    await vi.advanceTimersByTimeAsync(ABSENCE_PROVES_AFTER_MS);

    expect(readings.map(({ doubt }) => doubt.targets)).toStrictEqual([["1", "2"], ["2"], ["2"]]);
    await expect(found).resolves.toMatchObject([
      { target: "1", finding: "ran", why: "reading 1" },
      { target: "2", finding: "did-not-run" },
    ]);
  });

  it.each<[string, Partial<OpenQuestion>, boolean]>([
    ["that was not read before", { before: null }, true],
    ["that leaves no traces", {}, false],
  ])("cannot tell anything of a call %s, and reads nothing", async (_name, parts, leavesTraces) => {
    const { judge, readings, told } = aJudge(() => "ran", { leavesTraces });

    await expect(judge.judge({ ...question("1", "2"), ...parts })).resolves.toMatchObject([
      { target: "1", finding: "cannot-tell" },
      { target: "2", finding: "cannot-tell" },
    ]);
    expect([readings, told]).toStrictEqual([[], ["cannot-tell", "cannot-tell"]]);
  });

  it("takes one rerun as evidence for no more than one call", async () => {
    const { judge, told } = aJudge(() => "ran");
    const shared = { ...question("1", "2"), rivals: ["1", "9"] };

    await expect(judge.judge(shared)).resolves.toMatchObject([
      {
        target: "1",
        finding: "cannot-tell",
        why: expect.stringMatching(/^reading 1; but/) as string,
      },
      { target: "2", finding: "ran" },
    ]);
    expect(told).toStrictEqual(["cannot-tell", "ran"]);
  });

  it("holds no rival against what did not run, or cannot be told", async () => {
    const { judge } = aJudge((target) => (target === "1" ? "did-not-run" : "cannot-tell"));
    const found = judge.judge({ ...question("1", "2"), rivals: ["1", "2"] });
    await vi.advanceTimersByTimeAsync(ABSENCE_PROVES_AFTER_MS);

    await expect(found).resolves.toStrictEqual([
      { target: "1", finding: "did-not-run", why: "reading 3" },
      { target: "2", finding: "cannot-tell", why: "reading 3" },
    ]);
  });

  it("leaves it to somebody else when the dispatcher stops before all is found", async () => {
    const { judge, told, stop } = aJudge((target) => (target === "1" ? "ran" : "cannot-tell"));
    const found = judge.judge(question("1", "2"));
    await vi.advanceTimersByTimeAsync(100);
    stop();

    await expect(found).resolves.toBeNull();
    expect([told, judge.size, vi.getTimerCount()]).toStrictEqual([[], 0, 0]);
  });

  it("leaves it to somebody else when the last reading was cut short by the stop", async () => {
    const { judge, stop } = aJudge(() => {
      stop();
      return "cannot-tell";
    });

    await expect(judge.judge(question("1"))).resolves.toBeNull();
  });

  it("keeps what was found in the very reading during which the dispatcher stopped", async () => {
    const { judge, stop } = aJudge(() => {
      stop();
      return "ran";
    });

    await expect(judge.judge(question("1"))).resolves.toMatchObject([{ finding: "ran" }]);
  });

  it("does not read when the dispatcher is stopped already", async () => {
    const { judge, readings, told, stop } = aJudge(() => "ran");
    stop();

    await expect(judge.judge(question("1"))).resolves.toBeNull();
    expect([readings, told]).toStrictEqual([[], []]);
  });
});
