import type { FailedEnd } from "../domain/call-end.ts";
import type { Carried } from "../domain/provider.ts";

/** A conversation that did not return what the SDK was asked for. */
export type Failure = Extract<Carried<unknown>, { readonly kind: "failed" }>;

/** What a cloud's error code means; the tables of the clouds map to nothing else. */
export type Consequence =
  "throttled" | "quota" | "credentials" | "refused" | "not-permitted" | "uncertain";

/** What an SDK's error tells once its own packing is taken off. */
export interface ToldError {
  readonly message: string;
  /** The provider's code, never the system's; null when the provider did not speak. */
  readonly code: string | null;
  readonly requestId: string | null;
}

/** One cloud's words, as far as failures go. */
export interface FailureWords {
  /** Takes the SDK's packing off an error. */
  readonly read: (error: unknown) => ToldError;
  /** The consequence of one code; of an unknown one it is `uncertain`. */
  readonly consequenceOf: (code: string) => Consequence;
  /** How long the provider asks to stay away, in milliseconds, if it says so. */
  readonly retryAfterMs: (failure: Failure) => number | null;
}

/**
 * What a failed conversation means for the call, the same for every cloud: nothing written is
 * unavailable, a code means what its table says, and everything else is uncertain. No HTTP status
 * is ever asked (docs/architecture.md, stage ⑤).
 */
export function endOfFailure(failure: Failure, words: FailureWords): FailedEnd {
  const { message: text, code, requestId } = words.read(failure.error);
  const trace = { providerRequestId: requestId, providerErrorCode: code };
  if (!failure.written) {
    return { kind: "unavailable", message: `nothing was sent: ${text}`, ...trace };
  }
  if (code === null) {
    const status = failure.answer === null ? "no answer" : `HTTP ${failure.answer.status}`;
    return { kind: "uncertain", message: `${status}: ${text}`, ...trace };
  }
  const message = `${code}: ${text}`;
  const consequence = words.consequenceOf(code);
  switch (consequence) {
    case "throttled":
      return { kind: "throttled", retryAfterMs: words.retryAfterMs(failure), message, ...trace };
    case "refused":
    case "not-permitted":
      return { kind: "refused", notPermitted: consequence === "not-permitted", message, ...trace };
    case "quota":
    case "credentials":
    case "uncertain":
      return { kind: consequence, message, ...trace };
  }
}
