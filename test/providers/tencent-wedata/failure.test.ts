import { describe, expect, it } from "vitest";
import {
  consequenceOf,
  endOfWedataFailure,
} from "../../../src/providers/tencent-wedata/failure.ts";

/** An error as the SDK makes it of an error answer. */
const fromProvider = (code: string | undefined, message = "words"): Error =>
  Object.assign(new Error(message), { traceId: "t1", requestId: "call-1", code });
const failed = (error: unknown, rest: object = {}) =>
  ({ kind: "failed", error, written: true, answer: null, ...rest }) as const;

describe("WeData's error codes", () => {
  it.each([
    ["RequestLimitExceeded", "throttled"],
    ["RequestLimitExceeded.UinLimitExceeded", "throttled"],
    ["RequestLimitExceeded.GlobalRegionUinLimitExceeded", "throttled"],
    ["RequestLimitExceeded.IPLimitExceeded", "throttled"],

    ["LimitExceeded", "quota"],
    ["InvalidParameter.QuotaExceedError", "quota"],

    ["AuthFailure", "credentials"],
    ["AuthFailure.SignatureExpire", "credentials"],
    ["AuthFailure.SignatureFailure", "credentials"],
    ["AuthFailure.SecretIdNotFound", "credentials"],
    ["AuthFailure.InvalidSecretId", "credentials"],
    ["AuthFailure.TokenFailure", "credentials"],
    ["AuthFailure.MFAFailure", "credentials"],
    ["AuthFailure.InvalidAuthorization", "credentials"],
    ["IpInBlacklist", "credentials"],
    ["IpNotInWhitelist", "credentials"],
    ["InvalidParameter.ClientIpNotAuthorized", "credentials"],
    ["InvalidParameter.WeDataRoleNotExists", "credentials"],

    ["AuthFailure.UnauthorizedOperation", "not-permitted"],
    ["UnauthorizedOperation", "not-permitted"],
    ["UnauthorizedOperation.UserNotInProject", "not-permitted"],
    ["OperationDenied", "not-permitted"],
    ["OperationDenied.Something", "not-permitted"],

    ["InvalidParameter", "refused"],
    ["InvalidParameter.WorkspaceNotExist", "refused"],
    ["InvalidParameter.MaxLimitExceeded", "refused"],
    ["InvalidParameterValue", "refused"],
    ["InvalidParameterValue.Anything", "refused"],
    ["InternalError.InvalidParameter", "refused"],
    ["MissingParameter", "refused"],
    ["UnknownParameter", "refused"],
    ["InvalidAction", "refused"],
    ["NoSuchVersion", "refused"],
    ["NoSuchProduct", "refused"],
    ["UnsupportedRegion", "refused"],
    ["UnsupportedOperation", "refused"],
    ["UnsupportedProtocol", "refused"],
    ["RequestSizeLimitExceeded", "refused"],
    ["ActionOffline", "refused"],
    ["ResourceNotFound", "refused"],
    ["ResourceNotFound.Instance", "refused"],
    ["ResourcesSoldOut", "refused"],

    ["InvalidParameter.ServiceIsBusy", "uncertain"],
    ["FailedOperation", "uncertain"],
    ["FailedOperation.ConnectionTimeOutError", "uncertain"],
    ["InternalError", "uncertain"],
    ["InternalError.UnknownError", "uncertain"],
    ["InternalError.CallSchedulerApiError", "uncertain"],
    ["InternalError.InternalCallCloudApiError", "uncertain"],
    ["ServiceUnavailable", "uncertain"],
    ["ResourceInUse", "uncertain"],
    ["ResourceUnavailable", "uncertain"],
    ["ResourceInsufficient", "uncertain"],
  ])("%s means %s", (code, consequence) => {
    expect(consequenceOf(code)).toBe(consequence);
  });

  it.each([
    ...[
      "Brand.New",
      "",
      ".",
      "..",
      ".*",
      "limitexceeded",
      "constructor",
      "__proto__",
      "toString.x",
    ],
    // Of families that are documented by their members only, an unknown member is unknown.
    ...["RequestLimitExceeded.New", "LimitExceeded.New", "UnauthorizedOperation.New"],
    ...["MissingParameter.New", "FailedOperation.New", "InternalError.New", "IpInBlacklist.New"],
  ])("%j, which nobody knows, is uncertain", (code) => {
    expect(consequenceOf(code)).toBe("uncertain");
  });
});

describe("the end of a call that failed at WeData", () => {
  it("is unavailable when nothing was written, whatever the error looks like", () => {
    const end = endOfWedataFailure(failed(fromProvider("FailedOperation"), { written: false }));

    expect(end).toMatchObject({ kind: "unavailable", message: "nothing was sent: words" });
  });

  it.each([
    ["RequestLimitExceeded", { kind: "throttled", retryAfterMs: null }],
    ["InvalidParameter", { kind: "refused", notPermitted: false }],
    ["UnauthorizedOperation", { kind: "refused", notPermitted: true }],
    ["LimitExceeded", { kind: "quota" }],
    ["AuthFailure.TokenFailure", { kind: "credentials" }],
    ["FailedOperation", { kind: "uncertain" }],
    ["constructor", { kind: "uncertain" }],
  ])("tells the code %s and the provider's words", (code, end) => {
    expect(endOfWedataFailure(failed(fromProvider(code)))).toStrictEqual({
      ...end,
      message: `${code}: words`,
      providerRequestId: "call-1",
      providerErrorCode: code,
    });
  });

  it("does not take a code of the system for one of the provider", () => {
    const error = Object.assign(new Error("read ECONNRESET"), { code: "LimitExceeded" });

    expect(endOfWedataFailure(failed(error))).toStrictEqual({
      kind: "uncertain",
      message: "no answer: read ECONNRESET",
      providerRequestId: null,
      providerErrorCode: null,
    });
  });

  it("tells the HTTP status when there is no code", () => {
    const answer = { status: 502, headers: {} };

    expect(
      endOfWedataFailure(failed(fromProvider(undefined, "Bad Gateway"), { answer })),
    ).toMatchObject({
      kind: "uncertain",
      message: "HTTP 502: Bad Gateway",
    });
  });

  it.each([undefined, null, "text", 5, { message: "not an error" }])(
    "is uncertain when %j was thrown",
    (thrown) => {
      expect(endOfWedataFailure(failed(thrown))).toMatchObject({ kind: "uncertain" });
    },
  );
});
