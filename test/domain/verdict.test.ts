import { describe, expect, it } from "vitest";
import {
  type DecidedEnd,
  verdictOf,
  verdictOfExhausted,
  verdictOfJob,
  verdictOfLostJob,
} from "../../src/domain/verdict.ts";

const trace = { providerRequestId: "call-1", providerErrorCode: null };
const targets = ["1", "2"];
const all = (status: string) => targets.map((target) => ({ target, status, message: null }));

const job = { jobId: "job-1", scope: { projectId: "p1" } };
const started: DecidedEnd = { kind: "accepted", job, targets: [], ...trace };

describe("the verdict on a call that was decided", () => {
  it("is ACCEPTED, without targets, when it started a job", () => {
    expect(verdictOf(started, targets)).toStrictEqual({
      status: "ACCEPTED",
      reason: null,
      targets: [],
      providerRequestId: "call-1",
      asyncJobId: "job-1",
      providerErrorCode: null,
    });
  });

  it("follows from the targets when the answer told their ends", () => {
    const ends = [
      { target: "1", status: "SUCCEEDED", message: null },
      { target: "2", status: "FAILED", message: "no" },
    ] as const;

    expect(
      verdictOf({ kind: "accepted", job: null, targets: ends, ...trace }, targets),
    ).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED" },
      targets: ends,
      asyncJobId: null,
      providerRequestId: "call-1",
    });
  });

  it.each([
    [false, "REFUSED_BY_PROVIDER"],
    [true, "NOT_PERMITTED"],
  ])("is REJECTED when it was refused (not permitted: %s)", (notPermitted, code) => {
    const end: DecidedEnd = {
      kind: "refused",
      notPermitted,
      message: "Code: words",
      providerRequestId: "call-1",
      providerErrorCode: "Code",
    };

    expect(verdictOf(end, targets)).toStrictEqual({
      status: "REJECTED",
      reason: { code, message: "Code: words" },
      targets: all("FAILED"),
      providerRequestId: "call-1",
      asyncJobId: null,
      providerErrorCode: "Code",
    });
  });

  it("is UNKNOWN for every target when nobody can be sure", () => {
    const verdict = verdictOf({ kind: "uncertain", message: "no answer", ...trace }, targets);

    expect(verdict).toMatchObject({
      status: "UNKNOWN",
      reason: { code: "CALL_UNCERTAIN" },
      targets: all("UNKNOWN"),
    });
    expect(verdict.reason?.message).toContain("no answer");
  });
});

describe("the verdict after the last attempt", () => {
  it.each(["throttled", "unavailable"] as const)("is FAILED when it was %s", (kind) => {
    const end = { kind, retryAfterMs: null, message: "last words", ...trace };

    expect(verdictOfExhausted(end, targets, 5)).toMatchObject({
      status: "FAILED",
      reason: {
        code: "RETRIES_EXHAUSTED",
        message: "Not one of 5 calls was executed; the last: last words",
      },
      targets: all("FAILED"),
      providerRequestId: "call-1",
    });
  });
});

describe("the verdict on a job", () => {
  const accepted = verdictOf(started, targets);

  it("follows from its targets and keeps what the call told", () => {
    const ends = [
      { target: "1", status: "FAILED", message: "no" },
      { target: "2", status: "FAILED", message: "no" },
    ] as const;

    expect(verdictOfJob(accepted, ends)).toMatchObject({
      status: "FAILED",
      reason: { code: "JOB_FAILED" },
      targets: ends,
      asyncJobId: "job-1",
      providerRequestId: "call-1",
    });
  });

  it("is UNKNOWN/TRACKING_TIMED_OUT when it was not followed to its end", () => {
    expect(verdictOfLostJob(accepted, targets, "too long")).toStrictEqual({
      status: "UNKNOWN",
      reason: { code: "TRACKING_TIMED_OUT", message: "too long" },
      targets: all("UNKNOWN"),
      asyncJobId: "job-1",
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
  });
});
