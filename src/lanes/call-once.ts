import { joined } from "../domain/batch.ts";
import type { CallEnd } from "../domain/call-end.ts";
import type { Gate, RerunCall } from "../domain/provider.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Claim } from "../journal/journal.ts";
import type { CallParts } from "./call-parts.ts";
import type { ClaimedBatch } from "./claim-batch.ts";
import { TimedGate } from "./timed-gate.ts";

/** What one call has of its own. */
export interface CallTerms {
  readonly gate: Gate;
  /** How long its ticket took. */
  readonly slotWaitMs: number;
}

/** What there is the right to call. */
interface Granted extends Pick<ClaimedBatch, "claim" | "granted"> {
  /** Why it is not to be called any more all the same; null: it is. */
  readonly objection: () => string | null;
}

/** A call that was made, and how it ended. */
export interface FinishedCall {
  readonly claim: Claim;
  /** With the targets of all its requests. */
  readonly call: RerunCall;
  readonly end: CallEnd;
}

/** What became of a call for which there was the right. */
export type CallOnceEnd =
  | ({ readonly kind: "called" } & FinishedCall)
  /** Its first byte could not leave in time, or was not to leave any more: nothing was called. */
  | { readonly kind: "turned-away"; readonly why: string };

/**
 * One call for all that was granted, and for nothing else: its slot has come, then the right to it,
 * then the wire.
 *
 * Rejects only on a bug, or when the process is told to end at once.
 */
export async function callOnce(
  { claim, granted, objection }: Granted,
  { provider, meter, clock, abandon }: CallParts,
  { gate, slotWaitMs }: CallTerms,
): Promise<CallOnceEnd> {
  const operation = joined(granted.map(({ operation: called }) => called));
  const timed = new TimedGate(gate, { writeBy: claim.writeBy, objection, now: clock.now });
  for (const { waiting } of granted) waiting.calledAt = clock.epoch();
  const started = clock.now();
  const { claimId } = claim;
  const call: RerunCall = { claimId, operation, targets: targetsOf(operation) };
  const end = await provider.rerun(call, { gate: timed, signal: abandon });
  meter.throttleWaited(slotWaitMs + timed.waitedMs);
  const { turnedAway } = timed;
  if (turnedAway !== null && end.kind === "unavailable")
    return { kind: "turned-away", why: turnedAway };
  const durationMs = clock.now() - started - timed.waitedMs;
  meter.called(operation.kind, { end, durationMs, requests: granted.length });
  return { kind: "called", claim, call, end };
}
