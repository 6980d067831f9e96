import { createHash, createHmac } from "node:crypto";

import { headerOf, type RawRequest } from "./raw-request.ts";

/** The parts of an ACS3 `Authorization` header. */
export interface Acs3Authorization {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const shape =
  /^ACS3-HMAC-SHA256 Credential=(?<id>[^,]*),SignedHeaders=(?<headers>[a-z0-9;-]+),Signature=(?<signature>[0-9a-f]{64})$/;

/** Takes an `Authorization` header apart, or says nothing when it is not ACS3-HMAC-SHA256. */
export function parseAcs3(authorization: string): Acs3Authorization | undefined {
  const groups = shape.exec(authorization)?.groups;
  if (groups === undefined) {
    return undefined;
  }
  return {
    accessKeyId: groups["id"] ?? "",
    signedHeaders: (groups["headers"] ?? "").split(";"),
    signature: groups["signature"] ?? "",
  };
}

/** The hash that `x-acs-content-sha256` must carry. */
export function acs3ContentHash(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}

/** The headers that ACS3 wants signed: `host`, `content-type` and every `x-acs-…` that was sent. */
export function acs3HeadersToSign(request: RawRequest): string[] {
  return Object.keys(request.headers)
    .filter((name) => name === "host" || name === "content-type" || name.startsWith("x-acs-"))
    .sort();
}

/**
 * Computes the signature that the raw request should carry, with the hash of the bytes that came.
 *
 * As `getAuthorization` of @alicloud/openapi-util signs for @alicloud/openapi-client 0.4.15.
 */
export function acs3Signature(
  request: RawRequest,
  given: Acs3Authorization,
  secret: string,
): string {
  const canonicalHeaders = given.signedHeaders.map(
    (name) => `${name}:${(headerOf(request, name) ?? "").trim()}\n`,
  );
  const canonicalRequest = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    canonicalHeaders.join(""),
    given.signedHeaders.join(";"),
    acs3ContentHash(request.body),
  ].join("\n");
  const hashed = createHash("sha256").update(canonicalRequest).digest("hex");
  return createHmac("sha256", secret).update(`ACS3-HMAC-SHA256\n${hashed}`).digest("hex");
}

function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
