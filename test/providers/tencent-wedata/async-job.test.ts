import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  endOfStart,
  getAsyncJob,
  jobReadingOf,
} from "../../../src/providers/tencent-wedata/async-job.ts";

const reading = (Data: unknown) => jobReadingOf({ Data, RequestId: "r" });

describe("the answer of a rerun that starts a job", () => {
  it("names the job", () => {
    const answer = { Data: { AsyncId: "job-1" }, RequestId: "call-1" };

    expect(endOfStart(answer, "p")).toStrictEqual({
      kind: "accepted",
      job: { jobId: "job-1", scope: { projectId: "p" } },
      asyncJobId: "job-1",
      targets: [],
      providerRequestId: "call-1",
      providerErrorCode: null,
    });
  });

  it.each([
    { Data: null, RequestId: "call-1" },
    { Data: {}, RequestId: "call-1" },
    { Data: { AsyncId: null }, RequestId: "call-1" },
    { Data: { AsyncId: "" }, RequestId: "call-1" },
    { RequestId: "call-1" },
    undefined,
    null,
    "text",
  ])("without a job leaves open what happened: %j", (answer) => {
    expect(endOfStart(answer, "p")).toMatchObject({ kind: "uncertain" });
  });
});

describe("how WeData's job stands", () => {
  it.each([
    [{ Status: "INIT" }, "open"],
    [{ Status: "RUNNING", SuccessSubProcessCount: 1 }, "open"],
    [{ Status: "SUCCESS" }, "succeeded"],
    [{ Status: "FAIL" }, "failed"],
    [{ Status: "FAIL", SuccessSubProcessCount: 0 }, "failed"],
    [{ Status: "FAIL", SuccessSubProcessCount: null }, "failed"],
    [{ Status: "FAIL", SuccessSubProcessCount: 1 }, "partial"],
    [{ Status: "PART_SUCCESS" }, "partial"],
    [{ Status: "PART_SUCCESS", SuccessSubProcessCount: 0 }, "partial"],
  ] as const)("%j: %s", (data, standing) => {
    expect(reading(data)).toMatchObject({ standing, status: data.Status });
  });

  it("tells what the provider told", () => {
    const data = {
      ...{ Status: "PART_SUCCESS", ErrorDesc: "x", CreateTime: "2025-08-28T16:48:19" },
      ...{ SuccessSubProcessCount: 1, TotalSubProcessCount: 2 },
    };

    expect(reading(data)).toStrictEqual({
      ...{ standing: "partial", status: "PART_SUCCESS", error: "x" },
      ...{ succeeded: 1, total: 2, createdAt: "2025-08-28T16:48:19" },
    });
  });

  it.each([{ Status: "PAUSED" }, { Status: null }, {}, null, undefined, "text", 5])(
    "%j: nothing is known",
    (data) => {
      expect(reading(data)).toBeNull();
    },
  );

  it("never throws, whatever the answer is", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        expect(jobReadingOf(answer)).toBeNull();
      }),
    );
  });

  it("is asked for by project and id", () => {
    expect(getAsyncJob({ jobId: "j", scope: { projectId: "p" } })).toStrictEqual({
      version: "2025-08-06",
      action: "GetOpsAsyncJob",
      parameters: { ProjectId: "p", AsyncId: "j" },
    });
  });
});
