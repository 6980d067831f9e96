import { stringify } from "lossless-json";

import { acs3ContentHash, acs3HeadersToSign, acs3Signature, parseAcs3 } from "./acs3-signature.ts";
import { type Admission, refuse } from "./action.ts";
import { dataworksGetTaskInstance } from "./actions/dataworks-get-task-instance.ts";
import { dataworksListTaskInstanceOperationLogs } from "./actions/dataworks-list-task-instance-operation-logs.ts";
import { dataworksListTaskInstances } from "./actions/dataworks-list-task-instances.ts";
import { dataworksRerunTaskInstances } from "./actions/dataworks-rerun-task-instances.ts";
import { dmsGetTaskInstanceRelation } from "./actions/dms-get-task-instance-relation.ts";
import { dmsListTaskFlowInstance } from "./actions/dms-list-task-flow-instance.ts";
import { dmsReRunTaskFlowInstance } from "./actions/dms-re-run-task-flow-instance.ts";
import { type AlibabaAction } from "./alibaba-action.ts";
import { jsonAnswer } from "./answer.ts";
import { type Credential, type FindCredential } from "./credential.ts";
import { type NonceBook } from "./nonce-book.ts";
import { productOf } from "./product.ts";
import { type Protocol } from "./protocol.ts";
import { headerOf, type RawRequest } from "./raw-request.ts";

const actions: readonly AlibabaAction[] = [
  dataworksRerunTaskInstances,
  dataworksGetTaskInstance,
  dataworksListTaskInstances,
  dataworksListTaskInstanceOperationLogs,
  dmsReRunTaskFlowInstance,
  dmsListTaskFlowInstance,
  dmsGetTaskInstanceRelation,
];
const clockToleranceMs = 15 * 60_000;

/**
 * Alibaba Cloud's RPC style: POST or GET /, ACS3-HMAC-SHA256, HTTP status and `{Code,…}` on errors.
 *
 * Codes: help.aliyun.com/document_detail/48054 and the fact sheet's table C.2.
 */
export function alibabaProtocol(find: FindCredential, nonces: NonceBook): Protocol {
  return {
    cloud: "alibaba",
    identify: (request) => {
      const action = headerOf(request, "x-acs-action") ?? "";
      const version = headerOf(request, "x-acs-version") ?? "";
      const known = actions.find((one) => one.name === action && one.version === version);
      const product = productOf("alibaba", version);
      const effect = known?.effect ?? "unknown";
      return { action, version, product, accessKeyId: keyIdOf(request), effect };
    },
    admit: (request, nowMs) => {
      const found = findAction(request);
      if ("kind" in found) {
        return found;
      }
      return (
        unauthentic(request, nowMs, find) ??
        replayed(request, nowMs, nonces) ??
        admitParameters(request, found.action)
      );
    },
    forget: (request) =>
      nonces.forget(keyIdOf(request), headerOf(request, "x-acs-signature-nonce") ?? ""),
    success: (body, RequestId) =>
      jsonAnswer(200, stringify({ RequestId, ...body }) ?? "", { "x-acs-request-id": RequestId }),
    failure: ({ code, message, status = 400, retryAfterMs }, RequestId) => {
      const body = {
        RequestId,
        Message: message,
        Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(code)}`,
        HostId: "provider.simulator.invalid",
        Code: code,
      };
      return jsonAnswer(status, JSON.stringify(body), {
        "x-acs-request-id": RequestId,
        ...(retryAfterMs === undefined ? {} : { "x-acs-retry-after": String(retryAfterMs) }),
      });
    },
    throttled: {
      code: "Throttling.User",
      message: "Request was denied due to user flow control.",
      status: 429,
    },
  };
}

function keyIdOf(request: RawRequest): string {
  return parseAcs3(headerOf(request, "authorization") ?? "")?.accessKeyId ?? "";
}

function findAction(request: RawRequest): Admission | { readonly action: AlibabaAction } {
  const name = headerOf(request, "x-acs-action");
  const version = headerOf(request, "x-acs-version");
  const ofVersion = actions.filter((one) => one.version === version);
  if (ofVersion.length === 0) {
    return refuse("InvalidVersion", "Specified parameter Version is not valid.");
  }
  const action = ofVersion.find((one) => one.name === name);
  if (action === undefined || request.path !== "/") {
    return refuse(
      "InvalidApi.NotFound",
      "Specified api is not found, please check your url and method.",
      404,
    );
  }
  if (action.method !== request.method) {
    return refuse("UnsupportedHTTPMethod", "This http method is not supported.");
  }
  return { action };
}

function unauthentic(
  request: RawRequest,
  nowMs: number,
  find: FindCredential,
): Admission | undefined {
  const given = parseAcs3(headerOf(request, "authorization") ?? "");
  if (given === undefined) {
    return refuse(
      "IncompleteSignature",
      "The request signature does not conform to Alibaba Cloud standards.",
    );
  }
  const credential = find("alibaba", given.accessKeyId);
  if (credential === undefined) {
    return refuse("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404);
  }
  const date = headerOf(request, "x-acs-date") ?? "";
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(date) || Number.isNaN(Date.parse(date))) {
    return refuse(
      "InvalidTimeStamp.Format",
      "Specified time stamp or date value is not well formatted.",
    );
  }
  // Whole seconds on the wire: a caller inside the tolerance must not fall out by the cut.
  if (Math.abs(nowMs - Date.parse(date)) > clockToleranceMs + 1000) {
    return refuse("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
  }
  if (
    headerOf(request, "x-acs-content-sha256") !== acs3ContentHash(request.body) ||
    given.signedHeaders.join(";") !== acs3HeadersToSign(request).join(";") ||
    given.signature !== acs3Signature(request, given, credential.secret)
  ) {
    return refuse("SignatureDoesNotMatch", "Specified signature does not match our calculation.");
  }
  return wrongToken(request, credential);
}

function wrongToken(request: RawRequest, { token }: Credential): Admission | undefined {
  const given = headerOf(request, "x-acs-security-token");
  if (given === token) {
    return undefined;
  }
  return given === undefined
    ? refuse("MissingSecurityToken", "SecurityToken is mandatory for this action.")
    : refuse(
        "InvalidSecurityToken.MismatchWithAccessKey",
        "The security token does not belong to the access key.",
      );
}

// Only a signature that is right may use a nonce up, else anybody could.
function replayed(request: RawRequest, nowMs: number, nonces: NonceBook): Admission | undefined {
  const nonce = headerOf(request, "x-acs-signature-nonce") ?? "";
  if (nonce === "") {
    return refuse("MissingSignatureNonce", "SignatureNonce is mandatory for this action.");
  }
  return nonces.take(keyIdOf(request), nonce, nowMs)
    ? undefined
    : refuse("SignatureNonceUsed", "Specified signature nonce was used already.");
}

function admitParameters(request: RawRequest, action: AlibabaAction): Admission {
  const isForm = headerOf(request, "content-type") === "application/x-www-form-urlencoded";
  const inQuery = action.position === "query";
  if (request.body.length > 0 && (inQuery || !isForm)) {
    return refuse("InvalidParameter", "The request has a body that this action does not take.");
  }
  if (!inQuery && request.query !== "") {
    return refuse("InvalidParameter", "The parameters of this action belong into the body.");
  }
  return action.admit(new URLSearchParams(inQuery ? request.query : request.body.toString("utf8")));
}
