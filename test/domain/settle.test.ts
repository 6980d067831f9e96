import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TargetEnd } from "../../src/domain/call-end.ts";
import { REASON_CODES } from "../../src/domain/outcome.ts";
import { settle, type SettledBy } from "../../src/domain/settle.ts";

const ends = (...statuses: readonly TargetEnd["status"][]): readonly TargetEnd[] =>
  statuses.map((status, index) => ({ target: String(index), status, message: null }));

describe("the status of a called request", () => {
  it.each<[readonly TargetEnd["status"][], SettledBy, string, string | null]>([
    [["SUCCEEDED"], "answer", "SUCCEEDED", null],
    [["SUCCEEDED", "SUCCEEDED"], "job", "SUCCEEDED", null],
    [["UNKNOWN"], "answer", "UNKNOWN", "CALL_UNCERTAIN"],
    [["SUCCEEDED", "UNKNOWN"], "answer", "UNKNOWN", "CALL_UNCERTAIN"],
    [["FAILED", "UNKNOWN"], "job", "UNKNOWN", "CALL_UNCERTAIN"],
    [["SUCCEEDED", "FAILED", "UNKNOWN"], "answer", "UNKNOWN", "CALL_UNCERTAIN"],
    [["FAILED"], "answer", "FAILED", "TARGETS_FAILED"],
    [["FAILED", "FAILED"], "job", "FAILED", "JOB_FAILED"],
    [["SUCCEEDED", "FAILED"], "answer", "PARTIALLY_SUCCEEDED", "TARGETS_FAILED"],
    [["FAILED", "SUCCEEDED"], "job", "PARTIALLY_SUCCEEDED", "TARGETS_FAILED"],
    [["FAILED"], "runs", "FAILED", "TARGETS_FAILED"],
    [["SUCCEEDED", "FAILED"], "runs", "PARTIALLY_SUCCEEDED", "TARGETS_FAILED"],
    [["FAILED", "FAILED"], "evidence", "FAILED", "NOT_EXECUTED"],
    [["SUCCEEDED", "FAILED"], "evidence", "PARTIALLY_SUCCEEDED", "TARGETS_FAILED"],
    [["SUCCEEDED", "UNKNOWN"], "evidence", "UNKNOWN", "CALL_UNCERTAIN"],
  ])("of targets that ended %j, told by the %s, is %s (%s)", (statuses, by, status, code) => {
    const settled = settle(ends(...statuses), by);

    expect([settled.status, settled.reason?.code ?? null]).toStrictEqual([status, code]);
  });

  it("has a reason from the closed list of its status, or none where that is empty", () => {
    const anyEnds = fc.array(
      fc.constantFrom<TargetEnd["status"]>("SUCCEEDED", "FAILED", "UNKNOWN"),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(
        anyEnds,
        fc.constantFrom<SettledBy>("answer", "job", "runs", "evidence"),
        (statuses, by) => {
          const { status, reason } = settle(ends(...statuses), by);
          const codes: readonly (string | undefined)[] = REASON_CODES[status];

          expect(codes.length === 0 ? [undefined] : codes).toContain(reason?.code);
        },
      ),
    );
  });

  it("tells how many targets it is about and what was said of the first of them", () => {
    const targets: readonly TargetEnd[] = [
      { target: "1", status: "SUCCEEDED", message: null },
      { target: "2", status: "FAILED", message: null },
      { target: "3", status: "FAILED", message: "The instance does not exist." },
    ];

    expect(settle(targets, "answer").reason?.message).toBe(
      "2 of 3 targets were not run again. 3: The instance does not exist.",
    );
  });
});
