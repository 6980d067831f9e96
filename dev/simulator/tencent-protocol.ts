import { type Admission, refuse } from "./action.ts";
import { tencentGetOpsAsyncJob } from "./actions/tencent-get-ops-async-job.ts";
import { tencentGetTaskInstance } from "./actions/tencent-get-task-instance.ts";
import { tencentGetTaskInstance2021 } from "./actions/tencent-get-task-instance-2021.ts";
import { tencentGetTriggerWorkflowRun } from "./actions/tencent-get-trigger-workflow-run.ts";
import { tencentListTaskInstanceExecutions } from "./actions/tencent-list-task-instance-executions.ts";
import { tencentRerunTaskInstancesAsync } from "./actions/tencent-rerun-task-instances-async.ts";
import { tencentRerunTriggerWorkflowRunAsync } from "./actions/tencent-rerun-trigger-workflow-run-async.ts";
import { tencentRunRerunScheduleInstances } from "./actions/tencent-run-rerun-schedule-instances.ts";
import { jsonAnswer } from "./answer.ts";
import { type FindCredential } from "./credential.ts";
import { isJsonObject } from "./json-parameters.ts";
import { productOf } from "./product.ts";
import { type Protocol } from "./protocol.ts";
import { headerOf, type RawRequest } from "./raw-request.ts";
import { parseTc3, tc3Service, tc3Signature } from "./tc3-signature.ts";
import { type TencentAction } from "./tencent-action.ts";

const actions: readonly TencentAction[] = [
  tencentRerunTaskInstancesAsync,
  tencentGetOpsAsyncJob,
  tencentGetTaskInstance,
  tencentListTaskInstanceExecutions,
  tencentRerunTriggerWorkflowRunAsync,
  tencentGetTriggerWorkflowRun,
  tencentRunRerunScheduleInstances,
  tencentGetTaskInstance2021,
];
const clockToleranceMs = 5 * 60_000;
const largestBodyBytes = 10 * 1024 * 1024;

/**
 * Tencent Cloud API 3.0: POST / with JSON, TC3-HMAC-SHA256, always HTTP 200 with `{Response}`.
 *
 * Codes: Tencent's common error list (tencentcloud.com/document/api/1131/45350).
 */
export function tencentProtocol(find: FindCredential): Protocol {
  return {
    cloud: "tencent",
    identify: (request) => {
      const action = headerOf(request, "x-tc-action") ?? "";
      const version = headerOf(request, "x-tc-version") ?? "";
      const known = actions.find((one) => one.name === action && one.version === version);
      const accessKeyId = parseTc3(headerOf(request, "authorization") ?? "")?.secretId ?? "";
      const product = productOf("tencent", version);
      return { action, version, product, accessKeyId, effect: known?.effect ?? "unknown" };
    },
    admit: (request, nowMs) =>
      misshapen(request) ?? unauthentic(request, nowMs, find) ?? admitAction(request),
    forget: () => undefined, // TC3 has no nonce: nothing is remembered
    success: (body, RequestId) =>
      jsonAnswer(200, JSON.stringify({ Response: { ...body, RequestId } })),
    failure: ({ code, message, status = 200 }, RequestId) => {
      const Response = { Error: { Code: code, Message: message }, RequestId };
      return jsonAnswer(status, JSON.stringify({ Response }));
    },
    throttled: {
      code: "RequestLimitExceeded",
      message:
        "Your current request times equals to `21` in a second, which exceeds the frequency limit `20` for a second.",
    },
  };
}

function misshapen(request: RawRequest): Admission | undefined {
  if (request.method !== "POST" || request.path !== "/") {
    return refuse("UnsupportedProtocol", "Only POST / is supported here.");
  }
  if (!/^application\/json(?:;|$)/.test(headerOf(request, "content-type") ?? "")) {
    return refuse("UnsupportedProtocol", "The Content-Type must be application/json.");
  }
  if (request.body.length > largestBodyBytes) {
    return refuse("RequestSizeLimitExceeded", "The request is larger than 10 MB.");
  }
  return undefined;
}

function unauthentic(
  request: RawRequest,
  nowMs: number,
  find: FindCredential,
): Admission | undefined {
  const given = parseTc3(headerOf(request, "authorization") ?? "");
  if (given === undefined) {
    return refuse("AuthFailure.InvalidAuthorization", "The Authorization header is not TC3.");
  }
  const credential = find("tencent", given.secretId);
  if (credential === undefined) {
    return refuse(
      "AuthFailure.SecretIdNotFound",
      "The SecretId is not found, please ensure that it is correct.",
    );
  }
  const timestamp = headerOf(request, "x-tc-timestamp") ?? "";
  if (!/^\d{1,12}$/.test(timestamp)) {
    return refuse("MissingParameter", "The request is missing the required parameter `Timestamp`.");
  }
  const signedAtMs = Number(timestamp) * 1000;
  // Whole seconds on the wire: a caller inside the tolerance must not fall out by the cut.
  if (Math.abs(nowMs - signedAtMs) > clockToleranceMs + 1000) {
    return refuse(
      "AuthFailure.SignatureExpire",
      "The provided credentials are expired: Timestamp and server time differ by more than five minutes.",
    );
  }
  if (
    given.date !== new Date(signedAtMs).toISOString().slice(0, 10) ||
    given.service !== tc3Service(request) ||
    !given.signedHeaders.includes("host") ||
    !given.signedHeaders.includes("content-type") ||
    given.signature !== tc3Signature(request, given, credential.secret)
  ) {
    return refuse(
      "AuthFailure.SignatureFailure",
      "The provided credentials could not be validated. Please check your signature is correct.",
    );
  }
  if (credential.token !== headerOf(request, "x-tc-token")) {
    return refuse(
      "AuthFailure.TokenFailure",
      "The provided credentials could not be validated because of an invalid token.",
    );
  }
  return undefined;
}

function admitAction(request: RawRequest): Admission {
  const name = headerOf(request, "x-tc-action") ?? "";
  const version = headerOf(request, "x-tc-version") ?? "";
  const ofVersion = actions.filter((one) => one.version === version);
  if (ofVersion.length === 0) {
    return refuse("NoSuchVersion", `The api version \`${version}\` does not exist.`);
  }
  const action = ofVersion.find((one) => one.name === name);
  if (action === undefined) {
    return refuse(
      "InvalidAction",
      `The api \`${name}\` with version \`${version}\` does not exist.`,
    );
  }
  if (!headerOf(request, "x-tc-region")) {
    return refuse("MissingParameter", "The request is missing the required parameter `Region`.");
  }
  const body = parseBody(request.body);
  return body === undefined
    ? refuse("InvalidParameter", "The request body is not a JSON object.")
    : action.admit(body);
}

function parseBody(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
