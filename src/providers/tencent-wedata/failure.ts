import type { FailedEnd } from "../../domain/call-end.ts";
import { type Consequence, endOfFailure, type Failure, type ToldError } from "../failed-end.ts";

/**
 * What WeData's error codes mean. `X` is the code itself, `X.*` every code below it that has no row
 * of its own: families lie (`InvalidParameter.ServiceIsBusy` is no parameter error), so only those
 * stand here that are documented as one. A code that is missing is uncertain.
 */
const CONSEQUENCES: Readonly<Record<string, Consequence>> = {
  // tencentcloud.com/document/product/1278/109059: stopped at the API layer, before the product.
  RequestLimitExceeded: "throttled",
  "RequestLimitExceeded.UinLimitExceeded": "throttled",
  "RequestLimitExceeded.GlobalRegionUinLimitExceeded": "throttled",
  "RequestLimitExceeded.IPLimitExceeded": "throttled",

  // Common error codes, tencentcloud.com/document/api/1131/45350: a quota, not a rate.
  LimitExceeded: "quota",
  // wedata/v20250806 of Tencent's SDKs (errors.go).
  "InvalidParameter.QuotaExceedError": "quota",

  // Common error codes: checked before the product is asked.
  AuthFailure: "credentials",
  "AuthFailure.*": "credentials",
  IpInBlacklist: "credentials",
  IpNotInWhitelist: "credentials",
  // errors.go of 2025-08-06 and of 2021-08-20: parameter errors by name, the account's by nature.
  "InvalidParameter.ClientIpNotAuthorized": "credentials",
  "InvalidParameter.WeDataRoleNotExists": "credentials",

  // Common error codes: the keys are good, but not for this.
  "AuthFailure.UnauthorizedOperation": "not-permitted",
  UnauthorizedOperation: "not-permitted",
  OperationDenied: "not-permitted",
  "OperationDenied.*": "not-permitted",
  // errors.go of both versions.
  "UnauthorizedOperation.UserNotInProject": "not-permitted",

  // Common error codes, and the reruns' own pages: the request is wrong in itself.
  InvalidParameter: "refused",
  "InvalidParameter.*": "refused",
  InvalidParameterValue: "refused",
  "InvalidParameterValue.*": "refused",
  MissingParameter: "refused",
  UnknownParameter: "refused",
  InvalidAction: "refused",
  NoSuchVersion: "refused",
  NoSuchProduct: "refused",
  UnsupportedRegion: "refused",
  UnsupportedOperation: "refused",
  UnsupportedProtocol: "refused",
  RequestSizeLimitExceeded: "refused",
  ActionOffline: "refused",
  ResourceNotFound: "refused",
  "ResourceNotFound.*": "refused",
  ResourcesSoldOut: "refused",
  // errors.go of 2025-08-06; a parameter error in spite of its family.
  "InternalError.InvalidParameter": "refused",
  "InvalidParameter.WorkspaceNotExist": "refused",
  // errors.go of 2021-08-20: too large a batch stays too large, a quota would hold everybody else.
  "InvalidParameter.MaxLimitExceeded": "refused",

  // errors.go and common error codes: busy. Probably not executed is not surely not executed.
  "InvalidParameter.ServiceIsBusy": "uncertain",
  ServiceUnavailable: "uncertain",
  ResourceInUse: "uncertain",
  ResourceUnavailable: "uncertain",
  ResourceInsufficient: "uncertain",

  // The only documented code of two of the reruns; it says nothing about what was done before.
  FailedOperation: "uncertain",
  "FailedOperation.ConnectionTimeOutError": "uncertain",
  // tencentcloud-sdk-go issue 51: also what a gateway says that has lost the product's answer.
  InternalError: "uncertain",
  "InternalError.UnknownError": "uncertain",
  "InternalError.CallSchedulerApiError": "uncertain",
  "InternalError.InternalCallCloudApiError": "uncertain",
};

/** What a failed conversation with WeData means for the call. */
export function endOfWedataFailure(failure: Failure): FailedEnd {
  // Tencent names no delay in its answers.
  return endOfFailure(failure, { read: readError, consequenceOf, retryAfterMs: () => null });
}

/** The consequence of one code: its own row, or that of the nearest family with one. */
export function consequenceOf(code: string): Consequence {
  for (let row = code; row !== ""; row = familyOf(row)) {
    // Codes are the provider's text: `constructor` must not find what every object has.
    const consequence = Object.hasOwn(CONSEQUENCES, row) ? CONSEQUENCES[row] : undefined;
    if (consequence !== undefined) return consequence;
  }
  return "uncertain";
}

/** `A.B.*` for `A.B.C`, then `A.*`, then nothing. */
function familyOf(row: string): string {
  const name = row.endsWith(".*") ? row.slice(0, -2) : row;
  const end = name.lastIndexOf(".");
  return end <= 0 ? "" : `${name.slice(0, end)}.*`;
}

/**
 * The SDK's exception is not exported: it is recognised by its `traceId`. Its `code` is the
 * provider's only then; other errors carry the system's codes.
 */
function readError(error: unknown): ToldError {
  if (!(error instanceof Error)) return { message: String(error), code: null, requestId: null };
  const fromProvider = "traceId" in error;
  const text = (name: string): string | null => {
    const value: unknown = Reflect.get(error, name);
    return fromProvider && typeof value === "string" && value !== "" ? value : null;
  };
  return { message: error.message, code: text("code"), requestId: text("requestId") };
}
