import { describe, expect, it } from "vitest";
import { verdictOfSuppressed, withLeftOut } from "../../src/domain/left-out.ts";
import { plainVerdict, type Verdict } from "../../src/domain/outcome.ts";
import { verdictOfExhausted } from "../../src/domain/verdict.ts";

const BUDGET = { code: "BUDGET_EXCEEDED", message: "too often" } as const;
const COOLING = { code: "COOLING_DOWN", message: "too soon" } as const;
const LEFT_OUT = [{ target: "c", ...BUDGET }];

function verdictOn(status: Verdict["status"], ...statuses: readonly ("SUCCEEDED" | "FAILED")[]) {
  const targets = statuses.map((one, index) => {
    return { target: "ab"[index]!, status: one, message: null };
  });
  const reason =
    status === "SUCCEEDED" ? null : ({ code: "TARGETS_FAILED", message: "Some failed." } as const);
  return { ...plainVerdict(status, reason), targets };
}

describe("a request all of whose targets are forbidden", () => {
  it("is suppressed, with the first reason and every target's own", () => {
    const leftOut = [
      { target: "a", ...COOLING },
      { target: "b", ...BUDGET },
    ];

    expect(verdictOfSuppressed(leftOut)).toMatchObject({
      status: "SUPPRESSED",
      reason: { code: "COOLING_DOWN", message: "Nothing was called. a: too soon" },
      targets: [
        { target: "a", status: "SUPPRESSED", message: "too soon" },
        { target: "b", status: "SUPPRESSED", message: "too often" },
      ],
    });
  });

  it("has a target", () => {
    expect(() => verdictOfSuppressed([])).toThrow("nothing of the request is forbidden");
  });
});

describe("a request of which targets were left out", () => {
  it("succeeded in part when all others succeeded", () => {
    expect(withLeftOut(verdictOn("SUCCEEDED", "SUCCEEDED", "SUCCEEDED"), LEFT_OUT)).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      reason: {
        code: "TARGETS_SUPPRESSED",
        message: "1 of 3 targets were left out of the call. c: too often",
      },
      targets: [{ target: "a" }, { target: "b" }, { target: "c", status: "SUPPRESSED" }],
    });
  });

  it.each(["PARTIALLY_SUCCEEDED", "FAILED", "UNKNOWN", "REJECTED"] as const)(
    "is %s when its call was, and tells both reasons",
    (status) => {
      const verdict = withLeftOut(verdictOn(status, "FAILED"), LEFT_OUT);

      expect(verdict).toMatchObject({ status, reason: { code: "TARGETS_FAILED" } });
      expect(verdict.reason?.message).toBe(
        "Some failed. 1 of 2 targets were left out of the call. c: too often",
      );
      expect(verdict.targets).toHaveLength(2);
    },
  );

  it("tells nothing of them before anything is decided", () => {
    const accepted = plainVerdict("ACCEPTED");

    expect(withLeftOut(accepted, LEFT_OUT)).toStrictEqual(accepted);
  });

  it("and that never got through tells them beside those that were called in vain", () => {
    const last = { message: "throttled", providerRequestId: null, providerErrorCode: null };
    const { targets } = verdictOfExhausted(last, ["a", "c"], 5, LEFT_OUT);

    expect(targets).toMatchObject([
      { target: "a", status: "FAILED" },
      { target: "c", status: "SUPPRESSED" },
    ]);
  });
});

describe("a request of which nothing was left out", () => {
  it("is told as it is", () => {
    const verdict = verdictOn("SUCCEEDED", "SUCCEEDED");

    expect(withLeftOut(verdict, [])).toBe(verdict);
  });
});
