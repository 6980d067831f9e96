import { expect, it } from "vitest";
import { concludeFollowing } from "../../src/desk/conclude-following.ts";
import type { TargetEnd } from "../../src/domain/call-end.ts";
import type { Taken } from "../../src/domain/taken.ts";
import type { DecidedEnd } from "../../src/domain/verdict.ts";
import { anEnd } from "../support/call-ends.ts";

const end = (target: string, status: TargetEnd["status"], message: string | null = null) => ({
  ...{ target, status, message },
});

const aTaken = (overrides: Partial<Taken> = {}): Taken => ({
  end: anEnd.started("job-1") as DecidedEnd, // it is accepted
  following: {
    ...{ until: "submitted", calledAt: 0, ended: [], notes: {} },
    job: { jobId: "job-1", scope: {} },
  },
  reconciled: false,
  evidence: [],
  ...overrides,
});

it("tells the ends of the targets with the call's own traces", () => {
  const targets = [end("1", "FAILED", "no"), end("2", "FAILED", "no")];
  const { verdict, reconciled } = concludeFollowing(aTaken(), {
    kind: "ended",
    by: "job",
    targets,
  });

  expect(verdict).toMatchObject({
    ...{ status: "FAILED", reason: { code: "JOB_FAILED" } },
    ...{ asyncJobId: "job-1", providerRequestId: "call-1" },
  });
  expect(reconciled).toBe(false);
});

it("is reconciled when only readings told which targets a job ran", () => {
  const targets = [end("1", "SUCCEEDED"), end("2", "FAILED", "no")];
  const { reconciled } = concludeFollowing(aTaken(), { kind: "ended", by: "evidence", targets });

  expect(reconciled).toBe(true);
});

it("stays reconciled when readings had shown that the call was taken", () => {
  const taken = aTaken({ reconciled: true });
  const targets = [end("1", "SUCCEEDED")];
  const { reconciled } = concludeFollowing(taken, { kind: "ended", by: "runs", targets });

  expect(reconciled).toBe(true);
});

it("is UNKNOWN when it was not followed to its end", () => {
  const targets = [end("1", "UNKNOWN"), end("2", "FAILED")];
  const { verdict } = concludeFollowing(aTaken(), { kind: "lost", targets, message: "too long" });

  expect(verdict).toMatchObject({
    ...{ status: "UNKNOWN", targets, asyncJobId: "job-1" },
    reason: { code: "TRACKING_TIMED_OUT", message: "too long" },
  });
});

it("tells what showed that the call ran with how its run ended", () => {
  const taken = aTaken({ evidence: [end("1", "SUCCEEDED", "a new run")] });
  const targets = [end("1", "FAILED", "it failed"), end("2", "SUCCEEDED")];
  const { verdict } = concludeFollowing(taken, { kind: "ended", by: "runs", targets });

  expect(verdict.targets.map(({ message }) => message)).toStrictEqual([
    ...["a new run; it failed", null],
  ]);
});
