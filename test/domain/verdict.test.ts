import { describe, expect, it } from "vitest";
import {
  type DecidedEnd,
  endOfFinding,
  verdictOfExhausted,
  verdictOfLost,
  verdictOfRefusal,
  verdictOfTaken,
  verdictOfTargets,
} from "../../src/domain/verdict.ts";

const trace = { providerRequestId: "call-1", providerErrorCode: null };
const targets = ["1", "2"];
const all = (status: "FAILED" | "UNKNOWN", message: string | null = null) =>
  targets.map((target) => ({ target, status, message }));

const job = { jobId: "job-1", scope: { projectId: "p1" } };
const started: DecidedEnd = {
  ...{ kind: "accepted", job, asyncJobId: "job-1", targets: [] },
  ...trace,
};
const uncertain: DecidedEnd = { kind: "uncertain", message: "no answer", ...trace };

describe("the verdict on a call", () => {
  it("is ACCEPTED, without targets, when its end is still to come", () => {
    expect(verdictOfTaken(started, { job })).toStrictEqual({
      status: "ACCEPTED",
      reason: null,
      targets: [],
      providerRequestId: "call-1",
      asyncJobId: "job-1",
      providerErrorCode: null,
    });
  });

  it("is ACCEPTED without a job when only evidence says that it was taken", () => {
    expect(verdictOfTaken(uncertain, { job: null })).toMatchObject({
      status: "ACCEPTED",
      asyncJobId: null,
      providerRequestId: "call-1",
    });
  });

  it("follows from the targets when their ends are known, and keeps what the call told", () => {
    const ends = [
      { target: "1", status: "SUCCEEDED", message: null },
      { target: "2", status: "FAILED", message: "no" },
    ] as const;

    expect(verdictOfTargets(started, ends, "job")).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED" },
      targets: ends,
      asyncJobId: "job-1",
      providerRequestId: "call-1",
    });
  });

  it.each([
    [false, "REFUSED_BY_PROVIDER"],
    [true, "NOT_PERMITTED"],
  ])("is REJECTED when it was refused (not permitted: %s)", (notPermitted, code) => {
    const end = {
      kind: "refused",
      notPermitted,
      message: "Code: words",
      providerRequestId: "call-1",
      providerErrorCode: "Code",
    } as const;

    expect(verdictOfRefusal(end, targets)).toStrictEqual({
      status: "REJECTED",
      reason: { code, message: "Code: words" },
      targets: all("FAILED"),
      providerRequestId: "call-1",
      asyncJobId: null,
      providerErrorCode: "Code",
    });
  });

  it("warns of asking again, and says why, when nobody can be sure", () => {
    const verdict = verdictOfTargets(uncertain, all("UNKNOWN", "not read before"), "evidence");

    expect(verdict).toMatchObject({
      status: "UNKNOWN",
      targets: all("UNKNOWN", "not read before"),
    });
    expect(verdict.reason).toStrictEqual({
      code: "CALL_UNCERTAIN",
      message:
        "The call ended without a clear answer (no answer). It may have been executed: look at the provider before asking again. 2 of 2 targets: it is not known whether they were run again. 1: not read before",
    });
  });

  it("says how the call ended even when readings decided it", () => {
    const verdict = verdictOfTargets(uncertain, all("FAILED", "nothing changed"), "evidence");

    expect(verdict.reason).toStrictEqual({
      code: "NOT_EXECUTED",
      message:
        "The call ended without a clear answer (no answer). 2 of 2 targets were not run again, as their state shows. 1: nothing changed",
    });
  });

  it("is UNKNOWN/TRACKING_TIMED_OUT when it was not followed to its end", () => {
    expect(verdictOfLost(started, all("UNKNOWN"), "too long")).toStrictEqual({
      status: "UNKNOWN",
      reason: { code: "TRACKING_TIMED_OUT", message: "too long" },
      targets: all("UNKNOWN"),
      asyncJobId: "job-1",
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
  });
});

describe("the verdict after the last attempt", () => {
  it("is FAILED, with the last one's words", () => {
    expect(verdictOfExhausted({ message: "last words", ...trace }, targets, 5)).toStrictEqual({
      status: "FAILED",
      reason: {
        code: "RETRIES_EXHAUSTED",
        message: "Not one of 5 calls was executed; the last: last words",
      },
      targets: all("FAILED"),
      ...{ ...trace, asyncJobId: null },
    });
  });
});

describe("the end of a target that was judged", () => {
  it.each([
    ["ran", "SUCCEEDED"],
    ["did-not-run", "FAILED"],
    ["cannot-tell", "UNKNOWN"],
  ] as const)("is, when it %s, %s", (finding, status) => {
    expect(endOfFinding({ target: "1", finding, why: "seen" })).toStrictEqual({
      target: "1",
      status,
      message: "seen",
    });
  });
});
