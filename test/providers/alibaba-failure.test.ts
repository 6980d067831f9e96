import { describe, expect, it } from "vitest";
import { consequenceOf, endOfAlibabaFailure } from "../../src/providers/alibaba-failure.ts";

/** An error as the SDK makes it of an error answer. */
const fromProvider = (Code: unknown): Error =>
  Object.assign(new Error("Code: code: 400, words request id: call-1"), {
    code: String(Code),
    data: { Code, Message: "words", RequestId: "call-1", statusCode: 400 },
  });
const failed = (error: unknown, rest: object = {}) =>
  ({ kind: "failed", error, written: true, answer: null, ...rest }) as const;
const answered = (headers: Record<string, string>) => ({ answer: { status: 429, headers } });

describe("Alibaba's error codes", () => {
  it.each([
    ["Throttling", "throttled"],
    ["Throttling.User", "throttled"],
    ["Throttling.Api", "throttled"],
    ["Throttling.System", "throttled"],
    ["Throttling.Brand.New", "throttled"],
    ["Some.Throttling", "uncertain"],

    ["Throttling.Api.Risk", "quota"],
    ["Throttling.Resource", "quota"],

    ["InvalidAccessKeyId", "credentials"],
    ["InvalidAccessKeyId.NotFound", "credentials"],
    ["InvalidAccessKeyId.Inactive", "credentials"],
    ["InvalidSecurityToken", "credentials"],
    ["InvalidSecurityToken.Expired", "credentials"],
    ["InvalidSecurityToken.MismatchWithAccessKey", "credentials"],
    ["InvalidAccessKeySecret", "credentials"],
    ["Forbidden.AccessKey", "credentials"],
    ["Forbidden.AccessKeyDisabled", "credentials"],
    ["InvalidTimeStamp.Expired", "credentials"],
    ["InvalidTimeStamp.Format", "credentials"],
    ["SignatureDoesNotMatch", "credentials"],
    ["IncompleteSignature", "credentials"],
    ["MissingSecurityToken", "credentials"],

    ["NoPermission", "not-permitted"],
    ["ResourceNotAuthorized.Api", "not-permitted"],
    ["Forbidden", "not-permitted"],
    ["Forbidden.Wkbench.ProjectNoPermission", "not-permitted"],
    ["Forbidden.Not.Server", "not-permitted"],
    ["Forbidden.RAM", "not-permitted"],

    ["MissingParameter", "refused"],
    ["MissingAction", "refused"],
    ["InvalidParameter", "refused"],
    ["Invalid.Instance.NotExist", "refused"],
    ["InvalidApi.NotFound", "refused"],
    ["InvalidProduct.NotFound", "refused"],
    ["InvalidProtocol.NeedSsl", "refused"],
    ["InvalidVersion", "refused"],
    ["UnsupportedHTTPMethod", "refused"],

    ["SignatureNonceUsed", "uncertain"],
    ["InvalidSignatureNonce", "uncertain"],
    ["MissingSignatureNonce", "refused"],
    ["InvalidParameter.ServiceIsBusy", "uncertain"],
    ["InvalidOperation.Timeout", "uncertain"],
    ["Invalid.Scheduler.InternalError", "uncertain"],
    ["Forbidden.ServiceUnavailable", "uncertain"],
    ["InternalError", "uncertain"],
    ["InternalError.System", "uncertain"],
    ["InternalError.UserId.Missing", "uncertain"],
    ["ServiceUnavailable", "uncertain"],
    ["UnknownError", "uncertain"],
    ["undefined", "uncertain"],
    ["Brand.New", "uncertain"],
    ["constructor", "uncertain"],
    ["", "uncertain"],
  ])("%s means %s", (code, consequence) => {
    expect(consequenceOf(code)).toBe(consequence);
  });
});

describe("the end of a call that failed at Alibaba", () => {
  it("is unavailable when nothing was written, whatever the error looks like", () => {
    const end = endOfAlibabaFailure(failed(new Error("ConnectTimeout"), { written: false }));

    expect(end).toMatchObject({ kind: "unavailable", message: "nothing was sent: ConnectTimeout" });
  });

  it("does not repeat what the SDK appends to a socket's error: the address and the query", () => {
    const error = new Error("read ECONNRESETPOST http://127.0.0.1:1/?DagId=1 failed.");

    expect(endOfAlibabaFailure(failed(error))).toMatchObject({
      kind: "uncertain",
      message: "no answer: read ECONNRESET",
    });
  });

  it.each([
    ["Throttling.User", { kind: "throttled", retryAfterMs: null }],
    ["InvalidParameter", { kind: "refused", notPermitted: false }],
    ["Forbidden.Not.Server", { kind: "refused", notPermitted: true }],
    ["Throttling.Api.Risk", { kind: "quota" }],
    ["SignatureDoesNotMatch", { kind: "credentials" }],
    ["InternalError.System", { kind: "uncertain" }],
  ])("tells the code %s and the provider's words, whatever the HTTP status", (code, end) => {
    for (const status of [200, 400, 403, 429, 500, 503]) {
      const answer = { status, headers: {} };
      expect(endOfAlibabaFailure(failed(fromProvider(code), { answer }))).toStrictEqual({
        ...end,
        message: `${code}: words`,
        providerRequestId: "call-1",
        providerErrorCode: code,
      });
    }
  });

  it.each<[Record<string, string>, number | null]>([
    [{ "x-acs-retry-after": "7000" }, 7000],
    [{ "x-acs-retry-after": "0" }, 0],
    [{ "retry-after": "2" }, 2000],
    [{ "x-acs-retry-after": "7000", "retry-after": "2" }, 7000],
    [{ "x-acs-retry-after": "soon", "retry-after": "2" }, 2000],
    [{ "retry-after": "Sun, 22 Nov 2026 18:00:00 GMT" }, null],
    [{ "x-acs-retry-after": "-1" }, null],
    [{ "x-acs-retry-after": "" }, null],
    [{ "x-acs-retry-after": "Infinity" }, null],
    [{ "x-acs-retry-after": "9".repeat(400) }, null],
    [{}, null],
  ])("when throttled with %j asks for a delay of %s ms", (headers, retryAfterMs) => {
    const end = endOfAlibabaFailure(failed(fromProvider("Throttling"), answered(headers)));

    expect(end).toMatchObject({ kind: "throttled", retryAfterMs });
  });

  it.each(["Brand.New", "InternalError", "ServiceUnavailable"])(
    "is uncertain with %s, even when the provider names a delay",
    (code) => {
      const end = endOfAlibabaFailure(
        failed(fromProvider(code), answered({ "x-acs-retry-after": "7000" })),
      );

      expect(end).toMatchObject({ kind: "uncertain", providerErrorCode: code });
    },
  );

  it("does not take a code of the system for one of the provider", () => {
    const error = Object.assign(new Error("socket hang up"), { code: "Throttling" });

    expect(endOfAlibabaFailure(failed(error))).toStrictEqual({
      kind: "uncertain",
      message: "no answer: socket hang up",
      providerRequestId: null,
      providerErrorCode: null,
    });
  });

  it.each([null, undefined, "", 5, {}])(
    "is uncertain when the code in the answer is %j",
    (code) => {
      const answer = { status: 500, headers: {} };

      expect(endOfAlibabaFailure(failed(fromProvider(code), { answer }))).toMatchObject({
        kind: "uncertain",
        message: "HTTP 500: words",
        providerErrorCode: null,
      });
    },
  );

  it.each([undefined, null, "text", { message: "not an error" }])(
    "is uncertain when %j was thrown",
    (thrown) => {
      expect(endOfAlibabaFailure(failed(thrown))).toMatchObject({ kind: "uncertain" });
    },
  );
});
