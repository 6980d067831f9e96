import { describe, expect, it } from "vitest";
import { concludeCall, type DecidedCall } from "../../src/desk/conclude-call.ts";
import type { CallEnd, TargetEnd } from "../../src/domain/call-end.ts";
import type { RunFinding } from "../../src/domain/evidence.ts";
import type { TrackUntil } from "../../src/domain/following.ts";
import type { RerunCall } from "../../src/domain/rerun-call.ts";
import type { DecidedEnd } from "../../src/domain/verdict.ts";
import type { OpenQuestion } from "../../src/judging/judge.ts";
import { aDataWorksRerun } from "../support/a-received-request.ts";
import { anEnd } from "../support/call-ends.ts";

const call: RerunCall = { claimId: "c1", operation: aDataWorksRerun(), targets: ["1", "2"] };
const before = { marks: [{ target: "1", mark: { runs: 1 } }] };
const rivals = ["2"];
const CALLED_AT = 1_700_000_000_000;
const end = (target: string, status: TargetEnd["status"], message: string | null = null) => ({
  ...{ target, status, message },
});

interface Options {
  readonly until?: TrackUntil;
  /** Null: the judge is stopped. */
  readonly findings?: Readonly<Record<string, RunFinding>> | null;
}

/** Concludes a call whose judge finds as told. */
async function conclude(callEnd: CallEnd, { until = "submitted", findings = {} }: Options = {}) {
  const questions: OpenQuestion[] = [];
  const judge = async (question: OpenQuestion) => {
    questions.push(question);
    if (findings === null) return null;
    return question.targets.map((target) => {
      return { target, finding: findings[target] ?? "cannot-tell", why: `why ${target}` };
    });
  };
  const decided: DecidedCall = {
    ...{ call, before, rivals, calledAt: CALLED_AT },
    end: callEnd as DecidedEnd, // only decided ends are handed in
  };
  const conclusion = await concludeCall(decided, { until, judge: { judge } });
  return { conclusion, questions };
}

describe("the conclusion of a call", () => {
  it("follows from the answer alone when that tells every target's end", async () => {
    const { conclusion, questions } = await conclude(anEnd.accepted("1", "2"));

    expect(conclusion).toMatchObject({
      ...{ kind: "final", reconciled: false, isAbsent: false },
      verdict: { status: "SUCCEEDED", providerRequestId: "call-1" },
    });
    expect(questions).toStrictEqual([]);
  });

  it("is REJECTED when the call was refused, and nothing is read", async () => {
    const { conclusion, questions } = await conclude(anEnd.refused(), { until: "finished" });

    expect(conclusion).toMatchObject({
      ...{ kind: "final", isAbsent: false },
      verdict: { status: "REJECTED", targets: [{}, {}] },
    });
    expect(questions).toStrictEqual([]);
  });

  it.each<[Readonly<Record<string, RunFinding>>, string, string | null, boolean, boolean]>([
    [{ 1: "ran", 2: "ran" }, "SUCCEEDED", null, true, false],
    [{ 1: "did-not-run", 2: "did-not-run" }, "FAILED", "NOT_EXECUTED", true, true],
    [{ 1: "ran", 2: "did-not-run" }, "PARTIALLY_SUCCEEDED", "TARGETS_FAILED", true, false],
    [{ 1: "ran", 2: "cannot-tell" }, "UNKNOWN", "CALL_UNCERTAIN", true, false],
    [{ 1: "did-not-run", 2: "cannot-tell" }, "UNKNOWN", "CALL_UNCERTAIN", true, false],
    [{ 1: "cannot-tell", 2: "cannot-tell" }, "UNKNOWN", "CALL_UNCERTAIN", false, false],
  ])(
    "is judged by evidence when the call was uncertain: %j is %s",
    async (findings, status, code, reconciled, isAbsent) => {
      const { conclusion, questions } = await conclude(anEnd.uncertain(), { findings });

      expect(questions).toStrictEqual([{ call, targets: ["1", "2"], before, rivals }]);
      expect(conclusion).toMatchObject({
        ...{ kind: "final", reconciled, isAbsent },
        verdict: { status, targets: [{ message: "why 1" }, { message: "why 2" }] },
      });
      const verdict = conclusion.kind === "final" ? conclusion.verdict : null;
      expect(verdict?.reason?.code ?? null).toBe(code);
    },
  );

  it("is left open when the dispatcher stops before it could be judged", async () => {
    const { conclusion } = await conclude(anEnd.uncertain(), { findings: null });

    expect(conclusion).toStrictEqual({ kind: "unjudged" });
  });

  it("tells what the call ended with when nobody can be sure", async () => {
    const { conclusion } = await conclude(anEnd.uncertain());

    const verdict = conclusion.kind === "final" ? conclusion.verdict : null;
    expect(verdict?.reason?.message).toMatch(/no answer.*look at the provider before asking again/);
  });

  it("judges only the targets that the answer left open, and keeps the answer's words", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "UNKNOWN", "not mentioned")];
    const answer = { ...anEnd.accepted(), targets } as CallEnd; // of the kind without a job
    const { conclusion, questions } = await conclude(answer, { findings: { 2: "did-not-run" } });

    expect(questions).toMatchObject([{ targets: ["2"] }]);
    expect(conclusion).toMatchObject({
      // One of its targets ran, so it is no absent call.
      ...{ kind: "final", reconciled: true, isAbsent: false },
      verdict: {
        status: "PARTIALLY_SUCCEEDED",
        targets: [{ status: "SUCCEEDED" }, { status: "FAILED", message: "not mentioned; why 2" }],
      },
    });
  });

  it("is that the call was taken when it started a job, with all that following needs", async () => {
    const started = anEnd.started("job-1");
    const { conclusion } = await conclude(started);

    expect(conclusion).toMatchObject({
      ...{ kind: "taken", verdict: { status: "ACCEPTED", targets: [], asyncJobId: "job-1" } },
      taken: {
        ...{ end: started, reconciled: false, evidence: [] },
        following: {
          ...{ until: "submitted", calledAt: CALLED_AT, notes: {}, ended: [] },
          job: { jobId: "job-1", scope: { projectId: "p1" } },
        },
      },
    });
  });

  it("follows the runs of what succeeded when they are to be finished, and nothing else", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "FAILED", "no")];
    const answer = { ...anEnd.accepted(), targets } as CallEnd; // of the kind without a job
    const { conclusion } = await conclude(answer, { until: "finished" });

    expect(conclusion).toMatchObject({
      ...{ kind: "taken", verdict: { status: "ACCEPTED" } },
      taken: { following: { until: "finished", job: null, ended: [targets[1]] } },
    });
  });

  it("follows the runs of an uncertain call that is seen to have run, and keeps what showed it", async () => {
    const findings = { 1: "ran", 2: "ran" } as const;
    const { conclusion } = await conclude(anEnd.uncertain(), { until: "finished", findings });

    expect(conclusion).toMatchObject({
      kind: "taken",
      taken: { reconciled: true, evidence: [{ message: "why 1" }, { message: "why 2" }] },
    });
  });

  it("follows nothing when no target ran", async () => {
    const targets = [end("1", "FAILED"), end("2", "FAILED")];
    const answer = { ...anEnd.accepted(), targets } as CallEnd; // of the kind without a job
    const { conclusion } = await conclude(answer, { until: "finished" });

    expect(conclusion).toMatchObject({ kind: "final", verdict: { status: "FAILED" } });
  });

  it("tells an id by which nothing can be followed", async () => {
    const answer = { ...anEnd.accepted("1", "2"), asyncJobId: "action-1" } as CallEnd; // likewise
    const { conclusion } = await conclude(answer);

    expect(conclusion).toMatchObject({
      verdict: { status: "SUCCEEDED", asyncJobId: "action-1" },
    });
  });
});
