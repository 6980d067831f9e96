import type { RetryConfig } from "../config/config.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { Evidence } from "../domain/evidence.ts";
import type { OperationName } from "../domain/operation.ts";
import type { Gate, Provider, RerunCall } from "../domain/provider.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Claim, ClaimTerms, LaneJournal, NotGranted } from "../journal/journal.ts";
import type { Clock } from "./clock.ts";
import { TimedGate } from "./timed-gate.ts";
import type { WaitingRequest } from "./waiting-request.ts";

export type { Clock } from "./clock.ts";

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

/** What one call has of its own. */
export interface CallTerms {
  readonly gate: Gate;
  /** How long its ticket took. */
  readonly slotWaitMs: number;
  /** What was read of its targets. */
  readonly before: Evidence | null;
  /** The journal position before that reading began. */
  readonly evidenceAt: bigint | null;
}

/** Where calls are counted. Durations are milliseconds. */
export interface CallMeter {
  throttleWaited(ms: number): void;
  claimed(result: "granted" | NotGranted, ms: number): void;
  called(operation: OperationName, end: CallEnd, ms: number): void;
  /** A call's first byte left, at this monotonic instant. */
  left(at: number): void;
}

/** A call that was made, and how it ended. */
export interface FinishedCall {
  readonly claim: Claim;
  readonly call: RerunCall;
  readonly end: CallEnd;
}

/** What became of a request whose turn had come. */
export type CallOnceEnd =
  | ({ readonly kind: "called" } & FinishedCall)
  /** It was claimed, but its first byte could not leave in time: nothing was called. */
  | { readonly kind: "late"; readonly claim: Claim }
  /** It was claimed, and all its calls were made meanwhile, by others: nothing was called. */
  | { readonly kind: "spent"; readonly claim: Claim }
  | { readonly kind: "not-granted"; readonly why: NotGranted };

/**
 * One call in the order that keeps the promise: its slot has come, then the right to it, then the
 * wire. A claim that is granted is the caller's to release or to bring to its end.
 *
 * Rejects only on a bug, or when the process is told to end at once.
 */
export async function callOnce(
  waiting: WaitingRequest,
  parts: CallParts,
  { gate, slotWaitMs, before, evidenceAt }: CallTerms,
): Promise<CallOnceEnd> {
  const { provider, journal, meter, clock, claimTerms } = parts;
  const { received } = waiting;
  const { operation, requestId } = received.request;
  const targets = targetsOf(operation);
  const asked = clock.now();
  const ask = { received, targets, before, evidenceAt };
  const claimed = await journal.claim(received.request.provider, [ask], claimTerms);
  const tries = claimed.granted.get(requestId);
  const why = claimed.refused.get(requestId) ?? "lapsed";
  meter.claimed(tries === undefined ? why : "granted", clock.now() - asked);
  if (tries === undefined) return { kind: "not-granted", why };

  const { claim } = claimed;
  // Others may have called it since it was put in the queue.
  waiting.attempts = tries;
  if (tries >= parts.retry.maxAttempts) return { kind: "spent", claim };
  const timed = new TimedGate(gate, claim.writeBy, clock.now);
  waiting.calledAt = clock.epoch();
  const started = clock.now();
  const call: RerunCall = { claimId: claim.claimId, operation, targets };
  const end = await provider.rerun(call, { gate: timed, signal: parts.abandon });
  meter.throttleWaited(slotWaitMs + timed.waitedMs);
  if (timed.isLate && end.kind === "unavailable") return { kind: "late", claim };
  meter.called(operation.kind, end, clock.now() - started - timed.waitedMs);
  return { kind: "called", claim, call, end };
}
