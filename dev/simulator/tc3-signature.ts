import { createHash, createHmac } from "node:crypto";

import { headerOf, type RawRequest } from "./raw-request.ts";

/** The parts of a TC3 `Authorization` header. */
export interface Tc3Authorization {
  readonly secretId: string;
  readonly date: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const shape =
  /^TC3-HMAC-SHA256 Credential=(?<id>[^/]*)\/(?<date>\d{4}-\d{2}-\d{2})\/(?<service>[^/]+)\/tc3_request, ?SignedHeaders=(?<headers>[a-z0-9;-]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

/** Takes an `Authorization` header apart, or says nothing when it is not TC3-HMAC-SHA256. */
export function parseTc3(authorization: string): Tc3Authorization | undefined {
  const groups = shape.exec(authorization)?.groups;
  if (groups === undefined) {
    return undefined;
  }
  return {
    secretId: groups["id"] ?? "",
    date: groups["date"] ?? "",
    service: groups["service"] ?? "",
    signedHeaders: (groups["headers"] ?? "").split(";"),
    signature: groups["signature"] ?? "",
  };
}

/**
 * Computes the signature that the raw request should carry.
 *
 * As tencentcloud-sdk-nodejs 4.1.313 signs (`common/sign.js`): the canonical `host` has no port
 * although the Host header has one, and the service is the first dot-label of the endpoint *with*
 * its port, so `127` for 127.0.0.1:1234 and `localhost:1234` for localhost:1234.
 */
export function tc3Signature(request: RawRequest, given: Tc3Authorization, secret: string): string {
  const canonicalHeaders = given.signedHeaders.map((name) => {
    const value = headerOf(request, name) ?? "";
    return `${name}:${name === "host" ? value.replace(/:\d+$/, "") : value}\n`;
  });
  const canonicalRequest = [
    request.method,
    request.path,
    request.query,
    canonicalHeaders.join(""),
    given.signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const scope = `${given.date}/${given.service}/tc3_request`;
  const timestamp = headerOf(request, "x-tc-timestamp") ?? "";
  const stringToSign = ["TC3-HMAC-SHA256", timestamp, scope, sha256(canonicalRequest)].join("\n");
  const dateKey = hmac(`TC3${secret}`, given.date);
  const signingKey = hmac(hmac(dateKey, given.service), "tc3_request");
  return hmac(signingKey, stringToSign).toString("hex");
}

/** The service that the SDK signs for when it was given this Host. */
export function tc3Service(request: RawRequest): string {
  return (headerOf(request, "host") ?? "").split(".")[0] ?? "";
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
