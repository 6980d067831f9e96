import { describe, expect, it } from "vitest";

import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { auditVerdicts } from "../../dev/chaos/audit-verdicts.ts";
import type { BookedCall } from "../../dev/chaos/books.ts";
import { aCall, aCallInVain, aFailure, anEnd, aRecord, booksOf } from "./books-of.ts";

const RULES = { budget: 2 };

/** What is wrong with the end of one request for some targets. */
function liesIn(
  end: RerunOutcome,
  calls: readonly BookedCall[],
  targets: readonly string[] = ["target"],
): readonly string[] {
  const books = booksOf({ records: [aRecord({ targets })], calls, outcomes: [end, end] });
  return auditVerdicts(books, RULES).map(({ message }) => message);
}

describe("a verdict", () => {
  it("is true when it says what the provider executed", () => {
    expect(liesIn(anEnd(), [aCall()])).toEqual([]);
    expect(liesIn(anEnd(), [aCallInVain("throttle"), aCall({ answer: "reset" })])).toEqual([]);
    expect(liesIn(aFailure(), [aCallInVain("reset")])).toEqual([]);
    expect(liesIn(aFailure({ status: "EXPIRED" }), [])).toEqual([]);
  });

  it("is true when it does not know", () => {
    const unknown = anEnd({
      status: "UNKNOWN",
      targets: [{ target: "target", status: "UNKNOWN", message: null }],
    });
    expect(liesIn(unknown, [aCall()])).toEqual([]);
    expect(liesIn(unknown, [aCallInVain("reset")])).toEqual([]);
  });

  it("lies when it succeeded and nothing ran", () => {
    expect(liesIn(anEnd(), [aCallInVain("hang")])).toEqual(["SUCCEEDED, but target did not run"]);
    expect(liesIn(anEnd({ targets: [] }), [])).toEqual(["SUCCEEDED, but target did not run"]);
  });

  it("lies when it says that nothing ran, and something did", () => {
    const calls = [aCall({ answer: "reset" })];
    expect(liesIn(aFailure(), calls)).toEqual(["FAILED/NOT_EXECUTED, but target ran"]);
    for (const status of ["FAILED", "REJECTED", "EXPIRED", "SUPPRESSED", "DRY_RUN"] as const) {
      const end = anEnd({ status, targets: [] });
      expect(liesIn(end, calls)).toEqual([`${status}, but target ran`]);
    }
  });

  it("lies when it is wrong about one target of several", () => {
    const targets = ["a", "b"];
    const calls = [aCall({ targets, ranTargets: ["b"] })];
    const partly = (a: "SUCCEEDED" | "FAILED", b: "SUCCEEDED" | "FAILED") =>
      anEnd({
        status: "PARTIALLY_SUCCEEDED",
        targets: [
          { target: "a", status: a, message: null },
          { target: "b", status: b, message: null },
        ],
      });
    expect(liesIn(partly("FAILED", "SUCCEEDED"), calls, targets)).toEqual([]);
    expect(liesIn(partly("SUCCEEDED", "FAILED"), calls, targets)).toEqual([
      "PARTIALLY_SUCCEEDED, but a did not run, b ran",
    ]);
  });

  it("lies when it left a target out that ran, or says that all ran", () => {
    const targets = ["a", "b"];
    const leftOut = (status: "PARTIALLY_SUCCEEDED" | "SUCCEEDED") =>
      anEnd({
        status,
        targets: [
          { target: "a", status: "SUCCEEDED", message: null },
          { target: "b", status: "SUPPRESSED", message: "over budget" },
        ],
      });
    const only = liesIn(leftOut("PARTIALLY_SUCCEEDED"), [aCall({ targets })], targets);
    expect(only).toContain("PARTIALLY_SUCCEEDED, but b ran");
    const all = liesIn(leftOut("SUCCEEDED"), [aCall({ targets: ["a"] })], targets);
    expect(all).toContain("SUCCEEDED, but b did not run");
  });

  it("lies when the guards left out what fewer asked for than the budget allows", () => {
    const end = anEnd({
      ...{ status: "SUPPRESSED", reason: { code: "BUDGET_EXCEEDED", message: "" } },
      targets: [{ target: "target", status: "SUPPRESSED", message: "2 reruns" }],
    });
    expect(liesIn(end, [])).toEqual(["target was left out (2 reruns), and only 1 asked for it"]);
  });

  it("is true when the guards left out what many asked for, one of whom is not ended yet", () => {
    const ids = ["r", "second", "third"];
    const records = ids.map((requestId, n) =>
      aRecord({ requestId, content: requestId }, { offset: BigInt(n + 1) }),
    );
    const end = anEnd({
      ...{ status: "SUPPRESSED", reason: { code: "BUDGET_EXCEEDED", message: "" } },
      targets: [{ target: "target", status: "SUPPRESSED", message: "2 reruns" }],
    });
    const calls = [aCall({ sequence: 1 }), aCall({ sequence: 2 })];
    expect(auditVerdicts(booksOf({ records, calls, outcomes: [end] }), RULES)).toEqual([]);
  });

  it("is not saved by another request's run of another target", () => {
    const records = [
      aRecord({ targets: ["own", "shared"] }),
      aRecord({ requestId: "other", content: "o", targets: ["its", "shared"] }, { offset: 2n }),
    ];
    const calls = [
      aCall({ sequence: 1, targets: ["own", "shared"], ranTargets: ["own"] }),
      aCall({ sequence: 2, targets: ["its", "shared"], ranTargets: ["its"] }),
    ];
    const targets = ["own", "shared"].map((target) => ({
      ...{ target, status: "SUCCEEDED" as const, message: null },
    }));
    const found = auditVerdicts(booksOf({ records, calls, outcomes: [anEnd({ targets })] }), RULES);
    expect(found).toMatchObject([{ kind: "lie", requestId: "r", mode: "kill" }]);
  });
});

describe("verdicts about one call that several requests ask for", () => {
  const records = [
    aRecord({ requestId: "a", content: "a" }),
    aRecord({ requestId: "b", content: "b" }, { offset: 2n }),
  ];
  const source = { topic: "requests", partition: 0, offset: 2n };
  const ofA = { requestId: "a", outcomeId: "a" };
  const ofB = { requestId: "b", outcomeId: "b", source };
  const found = (outcomes: readonly RerunOutcome[], calls: readonly BookedCall[]) =>
    auditVerdicts(booksOf({ records, outcomes, calls }), RULES).map(({ kind }) => kind);
  const twoRuns = [aCall({ sequence: 1 }), aCall({ sequence: 2 })];
  const oneRun = [aCall({ sequence: 1 }), aCallInVain("reset", { sequence: 2 })];

  it("are true when their numbers fit", () => {
    expect(found([anEnd(ofA), anEnd(ofB)], twoRuns)).toEqual([]);
    expect(found([anEnd(ofA), aFailure(ofB)], oneRun)).toEqual([]);
    const targets = [{ target: "target", status: "UNKNOWN" as const, message: null }];
    const unknown = anEnd({ ...ofB, status: "UNKNOWN", targets });
    expect(found([anEnd(ofA), unknown], oneRun)).toEqual([]);
  });

  it("may say both that it ran when they shared one run, and only then", () => {
    const both = (coalesced: number) => [
      anEnd({ ...ofA, coalesced }),
      anEnd({ ...ofB, coalesced }),
    ];
    expect(found(both(2), oneRun)).toEqual([]);
    expect(found(both(1), oneRun)).toEqual(["lie"]);
    expect(found([anEnd(ofA), anEnd({ ...ofB, coalesced: 2 })], oneRun)).toEqual(["lie"]);
  });

  it("lie when somebody succeeded and nothing ran", () => {
    expect(found([anEnd(ofA), aFailure(ofB)], [])).toEqual(["lie"]);
  });

  it("lie when more failed than did not run", () => {
    expect(found([anEnd(ofA), aFailure(ofB)], twoRuns)).toEqual(["lie"]);
  });
});
