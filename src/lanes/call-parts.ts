import type { RetryConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { OperationName } from "../domain/operation.ts";
import type { Provider } from "../domain/provider.ts";
import type { ClaimTerms, LaneJournal, NotGranted } from "../journal/journal.ts";
import type { Clock } from "./clock.ts";

/** What all calls need of their lane. */
export interface CallParts {
  readonly provider: Pick<Provider, "rerun">;
  readonly journal: LaneJournal;
  /** How long connecting and calling may take. */
  readonly claimTerms: ClaimTerms;
  readonly retry: Pick<RetryConfig, "maxAttempts">;
  readonly meter: CallMeter;
  readonly clock: Clock;
  /** Aborts calls that run when the drain is over. */
  readonly abandon: AbortSignal;
}

/** Where calls are counted. Durations are milliseconds. */
export interface CallMeter {
  throttleWaited(ms: number): void;
  /** Told once for each result that there is among the requests of one claim. */
  claimed(result: "granted" | NotGranted, ms: number): void;
  called(operation: OperationName, ended: MeteredCall): void;
  /** A call's first byte left, at this monotonic instant. */
  left(at: number): void;
}

/** A call as it is counted: once, however many requests shared it. */
export interface MeteredCall {
  readonly end: CallEnd;
  readonly durationMs: number;
  readonly requests: number;
}
