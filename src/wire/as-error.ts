/** What was thrown or given as an abort reason, as an `Error`; an `Error` stays the same object. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}

/**
 * A copy to hand into an HTTP library. One of them appends to the message of whatever fails, which
 * spoils ours and, where the message is a getter (a DOMException), ends the process.
 */
export function copyOf(error: Error): Error {
  return new Error(error.message, { cause: error });
}
