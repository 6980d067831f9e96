import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parametersOfJob, readingOf } from "../../../src/providers/tencent-wedata/async-job.ts";

const reading = (Data: unknown) => readingOf({ Data, RequestId: "r" }, ["a", "b"]);
const all = (status: string, message: string | null) =>
  ["a", "b"].map((target) => ({ target, status, message }));

describe("how WeData's job stands", () => {
  it.each(["INIT", "RUNNING"])("%s: it is running", (Status) => {
    expect(reading({ Status })).toStrictEqual({ kind: "running" });
  });

  it("SUCCESS: every target succeeded", () => {
    expect(reading({ Status: "SUCCESS" })).toStrictEqual({
      kind: "ended",
      failed: false,
      targets: all("SUCCEEDED", null),
    });
  });

  it.each([
    [{ Status: "FAIL" }, "FAILED", "the job failed"],
    [{ Status: "FAIL", ErrorDesc: "no queue", SuccessSubProcessCount: 0 }, "FAILED", "no queue"],
    [{ Status: "FAIL", SuccessSubProcessCount: null }, "FAILED", "the job failed"],
    [
      { Status: "FAIL", SuccessSubProcessCount: 1, TotalSubProcessCount: 2, ErrorDesc: null },
      ...["UNKNOWN", "1 of 2 sub-processes succeeded, which ones is not told"],
    ],
    [
      {
        Status: "PART_SUCCESS",
        SuccessSubProcessCount: 1,
        TotalSubProcessCount: 2,
        ErrorDesc: "x",
      },
      ...["UNKNOWN", "1 of 2 sub-processes succeeded, which ones is not told: x"],
    ],
    [
      { Status: "PART_SUCCESS" },
      ...[
        "UNKNOWN",
        "an unknown number of an unknown number sub-processes succeeded, which ones is not told",
      ],
    ],
  ] as const)("%j: which target failed is told only when all did", (data, status, message) => {
    expect(reading(data)).toStrictEqual({
      kind: "ended",
      failed: true,
      targets: all(status, message),
    });
  });

  it.each([{ Status: "PAUSED" }, { Status: null }, {}, null, undefined, "text", 5])(
    "%j: nothing is known",
    (data) => {
      expect(reading(data)).toMatchObject({ kind: "unreadable", result: "uncertain" });
    },
  );

  it("never throws, whatever the answer is", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        expect(["running", "ended", "unreadable"]).toContain(readingOf(answer, ["a"]).kind);
      }),
    );
  });

  it("is asked for by project and id", () => {
    expect(parametersOfJob({ jobId: "j", scope: { projectId: "p" } })).toStrictEqual({
      ProjectId: "p",
      AsyncId: "j",
    });
  });
});
