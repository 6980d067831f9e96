import { describe, expect, it } from "vitest";
import { concludeCall, type ConclusionParts, type DecidedCall } from "../src/conclude-call.ts";
import type { CallEnd, TargetEnd } from "../src/domain/call-end.ts";
import type { RunFinding } from "../src/domain/evidence.ts";
import type { Following, TrackUntil } from "../src/domain/following.ts";
import type { RerunCall } from "../src/domain/provider.ts";
import type { DecidedEnd } from "../src/domain/verdict.ts";
import type { OpenQuestion } from "../src/judging/judge.ts";
import type { TrackEnd } from "../src/tracking/call-tracker.ts";
import { aDataWorksRerun } from "./support/a-received-request.ts";
import { anEnd } from "./support/call-ends.ts";

const call: RerunCall = { claimId: "c1", operation: aDataWorksRerun(), targets: ["1", "2"] };
const before = { marks: [{ target: "1", mark: { runs: 1 } }] };
const CALLED_AT = 1_700_000_000_000;
const end = (target: string, status: TargetEnd["status"], message: string | null = null) => ({
  ...{ target, status, message },
});

/** Concludes a call whose judge finds and whose tracker ends as told. */
async function conclude(
  callEnd: CallEnd,
  options: {
    readonly until?: TrackUntil;
    readonly findings?: Readonly<Record<string, RunFinding>>;
    readonly tracked?: TrackEnd;
  } = {},
) {
  const { until = "submitted", findings = {}, tracked } = options;
  const questions: OpenQuestion[] = [];
  const followed: Following[] = [];
  const taken: unknown[] = [];
  const parts: ConclusionParts = {
    until,
    judge: {
      judge: async (question) => {
        questions.push(question);
        return question.targets.map((target) => {
          return { target, finding: findings[target] ?? "cannot-tell", why: `why ${target}` };
        });
      },
    },
    tracker: {
      follow: async (following) => {
        followed.push(following);
        return tracked ?? { kind: "lost", targets: [], message: "" };
      },
    },
    onTaken: async (told) => void taken.push(told),
  };
  const decided: DecidedCall = {
    claim: { claimId: "c1", granted: [] },
    call,
    before,
    end: callEnd as DecidedEnd, // only decided ends are handed in
  };
  const conclusion = await concludeCall(decided, CALLED_AT, parts);
  return { ...conclusion, questions, followed, taken };
}

describe("the conclusion of a call", () => {
  it("follows from the answer alone when that tells every target's end", async () => {
    const { verdict, reconciled, questions, followed, taken } = await conclude(
      anEnd.accepted("1", "2"),
    );

    expect(verdict).toMatchObject({ status: "SUCCEEDED", providerRequestId: "call-1" });
    expect([reconciled, questions, followed, taken]).toStrictEqual([false, [], [], []]);
  });

  it("is REJECTED when the call was refused, unread and unfollowed", async () => {
    const { verdict, questions, followed } = await conclude(anEnd.refused(), { until: "finished" });

    expect(verdict).toMatchObject({ status: "REJECTED", targets: [{}, {}] });
    expect([questions, followed]).toStrictEqual([[], []]);
  });

  it.each<[Readonly<Record<string, RunFinding>>, string, string | null, boolean]>([
    [{ 1: "ran", 2: "ran" }, "SUCCEEDED", null, true],
    [{ 1: "did-not-run", 2: "did-not-run" }, "FAILED", "NOT_EXECUTED", true],
    [{ 1: "ran", 2: "did-not-run" }, "PARTIALLY_SUCCEEDED", "TARGETS_FAILED", true],
    [{ 1: "ran", 2: "cannot-tell" }, "UNKNOWN", "CALL_UNCERTAIN", true],
    [{ 1: "cannot-tell", 2: "cannot-tell" }, "UNKNOWN", "CALL_UNCERTAIN", false],
  ])(
    "is judged by evidence when the call was uncertain: %j is %s",
    async (findings, status, code, isReconciled) => {
      const concluded = await conclude(anEnd.uncertain(), { findings });

      expect(concluded.questions).toStrictEqual([{ call, targets: ["1", "2"], before }]);
      expect(concluded.verdict.status).toBe(status);
      expect(concluded.verdict.reason?.code ?? null).toBe(code);
      expect(concluded.reconciled).toBe(isReconciled);
      expect(concluded.verdict.targets.map(({ message }) => message)).toStrictEqual([
        ...["why 1", "why 2"],
      ]);
    },
  );

  it("tells what the call ended with when nobody can be sure", async () => {
    const { verdict } = await conclude(anEnd.uncertain());

    expect(verdict.reason?.message).toContain("no answer");
    expect(verdict.reason?.message).toContain("look at the provider before asking again");
  });

  it("judges only the targets that the answer left open, and keeps the answer's words", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "UNKNOWN", "not mentioned")];
    const { verdict, reconciled, questions } = await conclude(
      { ...anEnd.accepted(), targets } as CallEnd,
      { findings: { 2: "did-not-run" } },
    );

    expect(questions).toMatchObject([{ targets: ["2"] }]);
    expect(verdict).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      targets: [{ status: "SUCCEEDED" }, { status: "FAILED", message: "not mentioned; why 2" }],
    });
    expect(reconciled).toBe(true);
  });

  it("follows a job, and tells first that the call was taken", async () => {
    const targets = [end("1", "FAILED", "no"), end("2", "FAILED", "no")];
    const { verdict, followed, taken } = await conclude(anEnd.started("job-1"), {
      tracked: { kind: "ended", by: "job", targets },
    });

    expect(followed).toStrictEqual([
      {
        ...{ call, until: "submitted", before, calledAt: CALLED_AT, notes: {}, ended: [] },
        job: { jobId: "job-1", scope: { projectId: "p1" } },
      },
    ]);
    expect(taken).toMatchObject([
      { verdict: { status: "ACCEPTED", targets: [], asyncJobId: "job-1" }, reconciled: false },
    ]);
    expect(verdict).toMatchObject({
      status: "FAILED",
      reason: { code: "JOB_FAILED" },
      asyncJobId: "job-1",
      providerRequestId: "call-1",
    });
  });

  it("is reconciled when only readings told which targets a job ran", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "FAILED", "no")];
    const { reconciled } = await conclude(anEnd.started("job-1"), {
      tracked: { kind: "ended", by: "evidence", targets },
    });

    expect(reconciled).toBe(true);
  });

  it("is UNKNOWN when the call was not followed to its end", async () => {
    const targets = [end("1", "UNKNOWN"), end("2", "FAILED")];
    const { verdict } = await conclude(anEnd.started("job-1"), {
      tracked: { kind: "lost", targets, message: "too long" },
    });

    expect(verdict).toMatchObject({
      status: "UNKNOWN",
      reason: { code: "TRACKING_TIMED_OUT", message: "too long" },
      targets,
      asyncJobId: "job-1",
    });
  });

  it("follows the runs of what succeeded when they are to be finished, and nothing else", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "FAILED", "no")];
    const { verdict, followed, taken } = await conclude(
      { ...anEnd.accepted(), targets } as CallEnd,
      {
        until: "finished",
        tracked: { kind: "ended", by: "runs", targets },
      },
    );

    expect(followed).toMatchObject([{ until: "finished", job: null, ended: [targets[1]] }]);
    expect(taken).toMatchObject([{ verdict: { status: "ACCEPTED" } }]);
    expect(verdict).toMatchObject({ status: "PARTIALLY_SUCCEEDED" });
  });

  it("follows the runs of an uncertain call that is seen to have run", async () => {
    const targets = [end("1", "SUCCEEDED"), end("2", "SUCCEEDED")];
    const { verdict, reconciled, taken } = await conclude(anEnd.uncertain(), {
      until: "finished",
      findings: { 1: "ran", 2: "ran" },
      tracked: { kind: "ended", by: "runs", targets },
    });

    expect(taken).toMatchObject([{ verdict: { status: "ACCEPTED" }, reconciled: true }]);
    expect([verdict.status, reconciled]).toStrictEqual(["SUCCEEDED", true]);
    // What shows that the call ran is told with how its run ended.
    expect(verdict.targets.map(({ message }) => message)).toStrictEqual(["why 1", "why 2"]);
  });

  it("follows nothing when no target ran", async () => {
    const targets = [end("1", "FAILED"), end("2", "FAILED")];
    const { verdict, followed } = await conclude({ ...anEnd.accepted(), targets } as CallEnd, {
      until: "finished",
    });

    expect([verdict.status, followed]).toStrictEqual(["FAILED", []]);
  });

  it("tells an id by which nothing can be followed", async () => {
    const { verdict } = await conclude({
      ...anEnd.accepted("1", "2"),
      asyncJobId: "action-1",
    } as CallEnd);

    expect(verdict).toMatchObject({ status: "SUCCEEDED", asyncJobId: "action-1" });
  });
});
