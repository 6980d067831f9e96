/** An HTTP answer, ready to be sent whole (or, by a fault, not so whole). */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An error in a cloud's own words; `status` only where the cloud's default does not fit. */
export interface CloudError {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  /** How long the caller should stay away; only Alibaba has a header for it. */
  readonly retryAfterMs?: number;
}

/** A JSON answer. The text is given, since ids beyond 2^53 do not survive every serialiser. */
export function jsonAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}
