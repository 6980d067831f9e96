import type { CallEndKind } from "../../../src/domain/call-end.ts";
import type { Cloud } from "../../simulator/credential.ts";
import type { Fault } from "../../simulator/fault.ts";
import type { Scenario } from "../scenario.ts";

type ErrorFault = Omit<Extract<Fault, { kind: "error" }>, "kind" | "code">;
/** A code, and what of its answer is not the cloud's default. */
type Row = string | readonly [code: string, answer: ErrorFault];

/**
 * What is known for sure once a cloud has answered with a code, by its own pages. Where it is
 * uncertain the cloud may have executed the call, and both is played.
 */
const CODES: Readonly<Record<Cloud, Readonly<Partial<Record<CallEndKind, readonly Row[]>>>>> = {
  tencent: {
    throttled: [
      "RequestLimitExceeded",
      "RequestLimitExceeded.UinLimitExceeded",
      "RequestLimitExceeded.GlobalRegionUinLimitExceeded",
      "RequestLimitExceeded.IPLimitExceeded",
    ],
    quota: ["LimitExceeded", "InvalidParameter.QuotaExceedError"],
    credentials: [
      "AuthFailure.SignatureExpire",
      "AuthFailure.SignatureFailure",
      "AuthFailure.SecretIdNotFound",
      "AuthFailure.TokenFailure",
      "IpNotInWhitelist",
    ],
    refused: [
      "InvalidParameter",
      "InvalidParameter.WorkspaceNotExist",
      "InvalidParameterValue",
      "InternalError.InvalidParameter",
      "MissingParameter",
      "UnknownParameter",
      "InvalidAction",
      "NoSuchVersion",
      "UnsupportedRegion",
      "RequestSizeLimitExceeded",
      "ResourceNotFound",
      "UnauthorizedOperation",
      "UnauthorizedOperation.UserNotInProject",
      "AuthFailure.UnauthorizedOperation",
      "OperationDenied",
    ],
    uncertain: [
      "InvalidParameter.ServiceIsBusy",
      "FailedOperation",
      "FailedOperation.ConnectionTimeOutError",
      "InternalError",
      "InternalError.UnknownError",
      "InternalError.CallSchedulerApiError",
      "InternalError.InternalCallCloudApiError",
      "ServiceUnavailable",
      "ResourceUnavailable",
      "ResourceInsufficient",
      "ResourceInUse",
      "NobodyHasHeardOf.ThisCode",
      "constructor",
      // Its SDK reads no code of an answer that is not HTTP 200.
      ["RequestLimitExceeded", { status: 429 }],
      ["InvalidParameter", { status: 400 }],
      ["UnauthorizedOperation", { status: 403 }],
    ],
  },
  alibaba: {
    throttled: [
      "Throttling",
      ["Throttling.User", { status: 400 }],
      ["Throttling.User", { status: 429 }],
      "Throttling.Api",
      ["Throttling.System", { status: 503, retryAfterMs: 1500 }],
    ],
    quota: [["Throttling.Api.Risk", { status: 429 }], "Throttling.Resource"],
    credentials: [
      ["InvalidAccessKeyId.NotFound", { status: 404 }],
      "InvalidAccessKeyId.Inactive",
      "SignatureDoesNotMatch",
      "IncompleteSignature",
      "InvalidTimeStamp.Expired",
      "InvalidSecurityToken.Expired",
    ],
    refused: [
      "InvalidParameter",
      ["InvalidParameter", { status: 500 }],
      "MissingParameter",
      ["InvalidApi.NotFound", { status: 404 }],
      "UnsupportedHTTPMethod",
      ["NoPermission", { status: 403 }],
      ["Forbidden.RAM", { status: 403 }],
      ["Forbidden.Wkbench.ProjectNoPermission", { status: 500 }],
      ["Forbidden.Not.Server", { status: 500 }],
      ["ResourceNotAuthorized.Api", { status: 403 }],
    ],
    uncertain: [
      "SignatureNonceUsed",
      ["InternalError", { status: 500 }],
      ["InternalError", { status: 400 }],
      // An answer with HTTP 200 is no error to its SDK, and no result to anybody.
      ["InvalidParameter", { status: 200 }],
      ["InternalError.System", { status: 500 }],
      ["InternalError.UserId.Missing", { status: 500 }],
      ["ServiceUnavailable", { status: 503 }],
      ["UnknownError", { status: 500 }],
      ["NobodyHasHeardOf.ThisCode", { status: 403 }],
      ["NobodyHasHeardOf.ThisCode", { status: 429, retryAfterMs: 1000 }],
      "constructor",
    ],
  },
};

/** An error in the cloud's own shape, whatever its HTTP status says. */
export const CODE_SCENARIOS: readonly Scenario[] = Object.entries(CODES).flatMap(([cloud, table]) =>
  Object.entries(table).flatMap(([end, rows]) =>
    rows.flatMap((row) =>
      // The keys of the table above.
      (end === "uncertain" ? [false, true] : [false]).map((executed) =>
        codeScenario(cloud as Cloud, end as CallEndKind, { row, executed }),
      ),
    ),
  ),
);

function codeScenario(
  cloud: Cloud,
  end: CallEndKind,
  { row, executed }: { readonly row: Row; readonly executed: boolean },
): Scenario {
  const [code, answer] = typeof row === "string" ? [row, {}] : row;
  const status = answer.status === undefined ? "" : ` with HTTP ${answer.status}`;
  const asked = answer.retryAfterMs === undefined ? "" : ", retry-after";
  return {
    name: `code ${code}${status}${asked}${executed ? ", executed" : ""}`,
    happensTo: (subject) => subject.cloud === cloud,
    faults: () => [{ kind: "error", code, executed, ...answer }],
    knowable: { end },
  };
}
