import type { CallEnd } from "../../domain/call-end.ts";
import type { Carried } from "../../domain/provider.ts";

type Failure = Extract<Carried<unknown>, { kind: "failed" }>;

type Consequence =
  "throttled" | "quota" | "credentials" | "refused" | "not-permitted" | "uncertain";

/**
 * What WeData's error codes mean. A code stands for itself and for everything below it
 * (`AuthFailure` for `AuthFailure.SignatureExpire`); the longest entry wins, because the families
 * lie: `InvalidParameter.ServiceIsBusy` is no parameter error. A code that is missing here is
 * uncertain.
 *
 * Sources: the common error codes (tencentcloud.com/document/api/1131/45350), the lists of
 * `wedata/v20250806` and `v20210820` in Tencent's SDKs, and for throttling
 * tencentcloud.com/document/product/1278/109059: over-limit requests are stopped at the API layer.
 */
const CONSEQUENCES: Readonly<Record<string, Consequence>> = {
  RequestLimitExceeded: "throttled",

  LimitExceeded: "quota",
  "InvalidParameter.QuotaExceedError": "quota",

  AuthFailure: "credentials",
  IpInBlacklist: "credentials",
  IpNotInWhitelist: "credentials",

  "AuthFailure.UnauthorizedOperation": "not-permitted",
  UnauthorizedOperation: "not-permitted",
  OperationDenied: "not-permitted",

  InvalidParameter: "refused",
  InvalidParameterValue: "refused",
  "InternalError.InvalidParameter": "refused",
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
  ResourcesSoldOut: "refused",

  // Busy, or a gateway that lost the backend: probably not executed is not surely not executed.
  "InvalidParameter.ServiceIsBusy": "uncertain",
  // The only documented code of the rerun itself; it says nothing about what was done before.
  FailedOperation: "uncertain",
  InternalError: "uncertain",
};

/** What a failed conversation with WeData means for the call. */
export function endOfFailure(failure: Failure): CallEnd {
  const error = readError(failure.error);
  const trace = { providerRequestId: error.requestId, providerErrorCode: error.code };
  if (!failure.written) {
    return { kind: "unavailable", message: `nothing was sent: ${error.message}`, ...trace };
  }
  if (error.code === null) {
    const status = failure.answer === null ? "no answer" : `HTTP ${failure.answer.status}`;
    return { kind: "uncertain", message: `${status}: ${error.message}`, ...trace };
  }
  const message = `${error.code}: ${error.message}`;
  const consequence = consequenceOf(error.code);
  switch (consequence) {
    case "throttled":
      return { kind: "throttled", retryAfterMs: null, message, ...trace };
    case "refused":
    case "not-permitted":
      return { kind: "refused", notPermitted: consequence === "not-permitted", message, ...trace };
    case "quota":
    case "credentials":
    case "uncertain":
      return { kind: consequence, message, ...trace };
  }
}

/** The consequence of one code, by the longest family that is listed. */
export function consequenceOf(code: string): Consequence {
  for (let family = code; family !== ""; family = parentOf(family)) {
    // Codes are the provider's text: `constructor` must not find what every object has.
    const consequence = Object.hasOwn(CONSEQUENCES, family) ? CONSEQUENCES[family] : undefined;
    if (consequence !== undefined) return consequence;
  }
  return "uncertain";
}

function parentOf(code: string): string {
  return code.slice(0, Math.max(0, code.lastIndexOf(".")));
}

interface SdkError {
  readonly message: string;
  readonly code: string | null;
  readonly requestId: string | null;
}

/**
 * The SDK's exception is not exported: it is recognised by its `traceId`. Its `code` is the
 * provider's only then; other errors carry the system's codes.
 */
function readError(error: unknown): SdkError {
  if (!(error instanceof Error)) return { message: String(error), code: null, requestId: null };
  const fromProvider = "traceId" in error;
  const text = (name: string): string | null => {
    const value: unknown = Reflect.get(error, name);
    return fromProvider && typeof value === "string" && value !== "" ? value : null;
  };
  return { message: error.message, code: text("code"), requestId: text("requestId") };
}
