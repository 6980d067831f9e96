import type { FailedEnd } from "../domain/call-end.ts";
import { type Consequence, endOfFailure, type Failure, type ToldError } from "./failed-end.ts";

/**
 * What Alibaba's codes mean, first match wins. The HTTP status is never asked: permission errors
 * come as 500, throttling as 400. A code that matches nothing is uncertain, with an
 * `x-acs-retry-after` too: that such answers are throttling is a rule of an SDK core that is not
 * released, and no page says that what they answer was not executed.
 *
 * Sources: [1] the gateway's common codes, help.aliyun.com/document_detail/48054; [2] the error
 * tables of DataWorks, help/en/dataworks/api-toptenelapsedtimeinstance; [3] Alibaba's SDK core, for
 * which any code with `Throttling` in it is throttling; [4] alibaba-cloud-sdk-go, issue 39, for
 * the replayed nonce; [5] another product behind the gateway, alibabacloud.com/help/doc-detail/69008,
 * for keys that are switched off. DMS publishes no codes: it sits behind the
 * same gateway.
 */
const CONSEQUENCES: readonly (readonly [RegExp, Consequence])[] = [
  // [2] Used up for the day, or until a ticket is answered: asking again soon is useless.
  [/^Throttling\.(Api\.Risk|Resource)(\.|$)/, "quota"],
  // [1] [2] [3] The family alone: a code with the word in the middle is not documented anywhere.
  [/^Throttling(\.|$)/, "throttled"],
  // [4] A repeated nonce proves that an earlier sending reached the gateway, not what became of it.
  [/^(?!Missing).*Nonce/, "uncertain"],
  // [2] Families lie: whatever its first word, a code that tells of trouble inside may come late.
  [/Internal|Unknown|Unavailable|Busy|Time-?out|SystemError/i, "uncertain"],
  // [1]
  [/^(InvalidAccessKey|InvalidSecurityToken|InvalidTimeStamp)/, "credentials"],
  [/^(SignatureDoesNotMatch|IncompleteSignature|MissingSecurityToken)(\.|$)/, "credentials"],
  // [5]
  [/^Forbidden\.AccessKey/, "credentials"],
  // [1] [2]
  [/^(NoPermission|ResourceNotAuthorized\.Api)(\.|$)/, "not-permitted"],
  [/^Forbidden(\.|$)/, "not-permitted"],
  // [1] [2]
  [/^(Missing|Invalid)/, "refused"],
  [/^UnsupportedHTTPMethod$/, "refused"],
];

/** What a failed conversation with an Alibaba product means for the call. */
export function endOfAlibabaFailure(failure: Failure): FailedEnd {
  return endOfFailure(failure, { read: readError, consequenceOf, retryAfterMs });
}

/** The consequence of one code. */
export function consequenceOf(code: string): Consequence {
  return CONSEQUENCES.find(([pattern]) => pattern.test(code))?.[1] ?? "uncertain";
}

/** `x-acs-retry-after` is in milliseconds, `Retry-After` in seconds (RFC 9110, 10.2.3). */
function retryAfterMs({ answer }: Failure): number | null {
  const number = (name: string): number | null => {
    const text = answer?.headers[name];
    // `Number` would make a delay of nothing out of an empty header.
    return typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  const seconds = number("retry-after");
  return number("x-acs-retry-after") ?? (seconds === null ? null : seconds * 1000);
}

/** What the SDK's transport appends to a socket's error, without a blank, the query included. */
const TRANSPORT_SUFFIX = /(?:GET|POST) https?:\/\/\S* failed\.$/;

/**
 * A code is the provider's only when the SDK parsed it from an answer's body; errors of the socket
 * carry the system's codes.
 */
function readError(error: unknown): ToldError {
  if (!(error instanceof Error)) return { message: String(error), code: null, requestId: null };
  const data = (error as { data?: { Code?: unknown; Message?: unknown; RequestId?: unknown } })
    .data;
  const text = (value: unknown): string | null =>
    typeof value === "string" && value !== "" ? value : null;
  return {
    message: text(data?.Message) ?? error.message.replace(TRANSPORT_SUFFIX, ""),
    code: text(data?.Code),
    requestId: text(data?.RequestId),
  };
}
