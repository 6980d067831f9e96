import type { CallEnd } from "../domain/call-end.ts";
import type { Evidence } from "../domain/evidence.ts";
import type { OperationName } from "../domain/operation.ts";
import type { Gate, Provider, RerunCall } from "../domain/provider.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Claim, Journal } from "../journal/journal.ts";
import type { Clock } from "./clock.ts";
import type { WaitingRequest } from "./waiting-request.ts";

export type { Clock } from "./clock.ts";

/** What all calls need of their lane. */
export interface CallParts {
  readonly provider: Pick<Provider, "rerun">;
  readonly journal: Journal;
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
}

/** Where calls are counted. Durations are milliseconds. */
export interface CallMeter {
  throttleWaited(ms: number): void;
  claimed(result: "granted" | "refused", ms: number): void;
  called(operation: OperationName, end: CallEnd, ms: number): void;
  /** A call's first byte left, at this monotonic instant. */
  left(at: number): void;
}

/** A call that was made, and how it ended. */
export interface FinishedCall {
  readonly claim: Claim;
  readonly call: RerunCall;
  /** What was read of its targets before it; null: nothing. */
  readonly before: Evidence | null;
  readonly end: CallEnd;
}

/**
 * One call in the order that keeps the promise: its slot has come, then the right to it, then the
 * wire.
 *
 * Resolves with null when the claim was not granted: then nothing was called, and somebody else
 * holds the request. Rejects only on a bug.
 */
export async function callOnce(
  waiting: WaitingRequest,
  parts: CallParts,
  { gate, slotWaitMs, before }: CallTerms,
): Promise<FinishedCall | null> {
  const { provider, journal, meter, clock } = parts;
  const { operation } = waiting.received.request;
  const asked = clock.now();
  const claim = await journal.claim([waiting.received]);
  const granted = claim.granted.length > 0;
  meter.claimed(granted ? "granted" : "refused", clock.now() - asked);
  if (!granted) return null;

  let gateWaitMs = 0;
  const measured: Gate = {
    pass: async (signal) => {
      const since = clock.now();
      const leave = await gate.pass(signal);
      gateWaitMs = clock.now() - since;
      return leave;
    },
  };
  waiting.calledAt = clock.epoch();
  const started = clock.now();
  const call: RerunCall = { claimId: claim.claimId, operation, targets: targetsOf(operation) };
  const end = await provider.rerun(call, { gate: measured, signal: parts.abandon });
  meter.throttleWaited(slotWaitMs + gateWaitMs);
  meter.called(operation.kind, end, clock.now() - started - gateWaitMs);
  return { claim, call, before, end };
}
