/** What became of one target of a call, as far as the provider told. */
export interface TargetEnd {
  readonly target: string;
  readonly status: "SUCCEEDED" | "FAILED" | "UNKNOWN";
  readonly message: string | null;
}

/**
 * An asynchronous job at the provider, in a form that can be written down and followed by another
 * process.
 */
export interface AsyncJob {
  readonly jobId: string;
  /** What the provider's read needs beside the id, the project for example. */
  readonly scope: Readonly<Record<string, string>>;
}

/** What the provider said about itself in an answer; every field only if it said so. */
export interface ProviderTrace {
  readonly providerRequestId: string | null;
  readonly providerErrorCode: string | null;
}

/**
 * What a call's end means, in the only terms that change what is done next (docs/architecture.md,
 * "What a call's end means").
 *
 * - `accepted`: the provider took it. With a `job` the end is still to come and `targets` is empty;
 *   without one `targets` tells the end of each.
 * - `refused`: it never will work.
 * - `throttled`, `unavailable`: it surely did not run; worth another try.
 * - `quota`, `credentials`: the connection's trouble, not the request's; it surely did not run.
 * - `uncertain`: it may have run. It is never repeated blindly.
 */
export type CallEnd = ProviderTrace &
  (
    | {
        readonly kind: "accepted";
        readonly job: AsyncJob;
        readonly asyncJobId: string;
        readonly targets: readonly [];
      }
    | {
        readonly kind: "accepted";
        readonly job: null;
        /** Told, but nothing can be read by it. */
        readonly asyncJobId: string | null;
        readonly targets: readonly TargetEnd[];
      }
    | { readonly kind: "refused"; readonly notPermitted: boolean; readonly message: string }
    | { readonly kind: "throttled"; readonly retryAfterMs: number | null; readonly message: string }
    | { readonly kind: "unavailable"; readonly message: string }
    | { readonly kind: "quota" | "credentials"; readonly message: string }
    | { readonly kind: "uncertain"; readonly message: string }
  );

export type CallEndKind = CallEnd["kind"];

/** The ends of a call that the provider did not take, or not for sure. */
export type FailedEnd = Exclude<CallEnd, { readonly kind: "accepted" }>;

/** Every way a call can end; also the closed set of the `result` label of the call metrics. */
export const CALL_END_KINDS = [
  "accepted",
  "refused",
  "throttled",
  "unavailable",
  "quota",
  "credentials",
  "uncertain",
] as const satisfies readonly CallEndKind[];
