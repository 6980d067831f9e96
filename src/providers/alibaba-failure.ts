import type { CallEnd } from "../domain/call-end.ts";
import type { Carried, WireAnswer } from "../domain/provider.ts";

type Failure = Extract<Carried<unknown>, { kind: "failed" }>;

type Consequence =
  "throttled" | "quota" | "credentials" | "refused" | "not-permitted" | "uncertain";

/**
 * What Alibaba's codes mean, first match wins. The HTTP status is never asked: permission errors
 * come as 500, throttling as 400. A code that matches nothing is uncertain.
 *
 * Sources: DataWorks error tables (help/en/dataworks/api-toptenelapsedtimeinstance), the gateway's
 * common codes (help.aliyun.com/document_detail/48054), the SDK core's rule that any code with
 * `Throttling` in it is throttling.
 */
const CONSEQUENCES: readonly (readonly [RegExp, Consequence])[] = [
  // Used up for the day or by a ticket: asking again within the minute is useless.
  [/^Throttling\.(Api\.Risk|Resource)$/, "quota"],
  [/Throttling/, "throttled"],
  // A repeated nonce proves that an earlier sending reached the gateway, not what became of it.
  [/^SignatureNonceUsed$/, "uncertain"],
  [/^(InvalidAccessKeyId|InvalidSecurityToken|InvalidTimeStamp)(\.|$)/, "credentials"],
  [/^(SignatureDoesNotMatch|IncompleteSignature|MissingSecurityToken)$/, "credentials"],
  [/^(NoPermission|ResourceNotAuthorized\.Api)$/, "not-permitted"],
  [/^Forbidden(\.|$)/, "not-permitted"],
  [/^(Missing|Invalid)/, "refused"],
  [/^UnsupportedHTTPMethod$/, "refused"],
];

/** What a failed conversation with an Alibaba product means for the call. */
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
  return endOfCode(error.code, error.message, failure.answer, trace);
}

/** The consequence of one code. */
export function consequenceOf(code: string): Consequence {
  return CONSEQUENCES.find(([pattern]) => pattern.test(code))?.[1] ?? "uncertain";
}

function endOfCode(
  code: string,
  text: string,
  answer: WireAnswer | null,
  trace: Pick<CallEnd, "providerRequestId" | "providerErrorCode">,
): CallEnd {
  const message = `${code}: ${text}`;
  const consequence = consequenceOf(code);
  switch (consequence) {
    case "throttled":
      return { kind: "throttled", retryAfterMs: retryAfterMs(answer), message, ...trace };
    case "refused":
    case "not-permitted":
      return { kind: "refused", notPermitted: consequence === "not-permitted", message, ...trace };
    case "quota":
    case "credentials":
    case "uncertain":
      return { kind: consequence, message, ...trace };
  }
}

/** `x-acs-retry-after` is in milliseconds, `Retry-After` in seconds (RFC 9110, 10.2.3). */
function retryAfterMs(answer: WireAnswer | null): number | null {
  const number = (name: string): number | null => {
    const text = answer?.headers[name];
    // `Number` would make a delay of nothing out of an empty header.
    return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  const seconds = number("retry-after");
  return number("x-acs-retry-after") ?? (seconds === null ? null : seconds * 1000);
}

interface SdkError {
  readonly message: string;
  readonly code: string | null;
  readonly requestId: string | null;
}

/**
 * A code is the provider's only when the SDK parsed it from an answer's body; errors of the socket
 * carry the system's codes.
 */
function readError(error: unknown): SdkError {
  if (!(error instanceof Error)) return { message: String(error), code: null, requestId: null };
  const data = (error as { data?: { Code?: unknown; Message?: unknown; RequestId?: unknown } })
    .data;
  const text = (value: unknown): string | null =>
    typeof value === "string" && value !== "" ? value : null;
  return {
    message: text(data?.Message) ?? error.message,
    code: text(data?.Code),
    requestId: text(data?.RequestId),
  };
}
