import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOfAnswer } from "../../../src/providers/alibaba-dms/rerun-task-flow-instance.ts";

const end = (body: unknown, status = 200) =>
  endOfAnswer({ status, text: typeof body === "string" ? body : JSON.stringify(body) }, ["47"]);

describe("the answer of ReRunTaskFlowInstance", () => {
  it("is a success by Success alone: the API page's sample", () => {
    const sample = { RequestId: "8CFF", ErrorCode: "UnknownError", ErrorMessage: "UnknownError" };

    expect(end({ ...sample, Success: true })).toStrictEqual({
      ...{ kind: "accepted", job: null, asyncJobId: null },
      targets: [{ target: "47", status: "SUCCEEDED", message: null }],
      ...{ providerRequestId: "8CFF", providerErrorCode: null },
    });
  });

  it.each([
    [{ ErrorCode: "X", ErrorMessage: "words" }, "X: words", "X"],
    [{ ErrorCode: "X" }, "X", "X"],
    [{ ErrorMessage: "words" }, "words", null],
    [{}, "DMS did not say why", null],
  ])("is a failure with %j", (words, message, providerErrorCode) => {
    expect(end({ Success: false, ...words })).toMatchObject({
      ...{ kind: "accepted", providerErrorCode },
      targets: [{ target: "47", status: "FAILED", message }],
    });
  });

  it.each(["InternalError", "ServiceUnavailable", "Dag.Timeout", "SystemBusy"])(
    "leaves open whether it ran when the reason is trouble inside: %s",
    (ErrorCode) => {
      expect(end({ Success: false, ErrorCode })).toMatchObject({
        ...{ kind: "accepted", providerErrorCode: ErrorCode },
        targets: [{ target: "47", status: "UNKNOWN", message: ErrorCode }],
      });
    },
  );

  it.each([
    [{}, 200],
    [{ Success: "true" }, 200],
    [{ Success: 1 }, 200],
    [{ Success: null }, 200],
    ["", 200],
    ["<html>", 200],
    ["[]", 200],
    [{ Success: true }, 302],
  ])("is uncertain with %j and HTTP %d", (body, status) => {
    expect(end(body, status)).toMatchObject({ kind: "uncertain" });
  });

  it("never throws, and is never sure without a boolean Success", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(end(text).kind === "uncertain").toBe(!/"Success":\s*(true|false)/.test(text));
      }),
    );
  });
});
