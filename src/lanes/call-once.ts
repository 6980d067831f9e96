import type { CallEnd } from "../domain/call-end.ts";
import type { OperationName } from "../domain/operation.ts";
import type { Gate, Provider } from "../domain/provider.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Claim, Journal } from "../journal/journal.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** What one call needs of its lane. */
export interface CallParts {
  readonly provider: Provider;
  readonly journal: Journal;
  readonly gate: Gate;
  readonly meter: CallMeter;
  readonly clock: Clock;
  /** Aborts calls that run when the drain is over. */
  readonly abandon: AbortSignal;
}

/** Monotonic milliseconds, and milliseconds since the epoch. */
export interface Clock {
  readonly now: () => number;
  readonly epoch: () => number;
}

/** Where calls are counted. Durations are milliseconds. */
export interface CallMeter {
  throttleWaited(ms: number): void;
  claimed(result: "granted" | "refused", ms: number): void;
  called(operation: OperationName, end: CallEnd, ms: number): void;
}

/** A call that was made, and how it ended. */
export interface FinishedCall {
  readonly claim: Claim;
  readonly targets: readonly string[];
  readonly end: CallEnd;
}

/**
 * One call in the order that keeps the promise: its slot has come (`slotWaitMs` ago it was asked
 * for), then the right to it, then the wire.
 *
 * Resolves with null when the claim was not granted: then nothing was called, and somebody else
 * holds the request. Rejects only on a bug.
 */
export async function callOnce(
  waiting: WaitingRequest,
  parts: CallParts,
  slotWaitMs: number,
): Promise<FinishedCall | null> {
  const { provider, journal, meter, clock } = parts;
  const { operation } = waiting.received.request;
  const asked = clock.now();
  const claim = await journal.claim([waiting.received]);
  const granted = claim.granted.length > 0;
  meter.claimed(granted ? "granted" : "refused", clock.now() - asked);
  if (!granted) return null;

  const targets = targetsOf(operation);
  let gateWaitMs = 0;
  const gate: Gate = {
    pass: async (signal) => {
      const since = clock.now();
      const leave = await parts.gate.pass(signal);
      gateWaitMs = clock.now() - since;
      return leave;
    },
  };
  waiting.calledAt = clock.epoch();
  const started = clock.now();
  const call = { claimId: claim.claimId, operation, targets };
  const end = await provider.rerun(call, { gate, signal: parts.abandon });
  meter.throttleWaited(slotWaitMs + gateWaitMs);
  meter.called(operation.kind, end, clock.now() - started - gateWaitMs);
  return { claim, targets, end };
}
