import type { RerunOutcome } from "../avro/wire-types.ts";
import { isFinal, type Outcome } from "../domain/outcome.ts";
import { outcomeIdOf } from "./outcome-id.ts";
import { shorten } from "./shorten.ts";

const MAX_TARGET_MESSAGE = 300;
const MAX_REASON_MESSAGE = 1_000;
const MAX_PROVIDER_TEXT = 300;
/** Longer requestIds are invalid; an outcome that says so must not carry one three times. */
const MAX_REQUEST_ID = 128;
/** Everything that an outcome adds once, the texts above at three bytes a character included. */
const FIXED_BYTES = 8 * 1024;
/** A status, the lengths, and an int64 of one byte spelled in twenty. */
const TARGET_BYTES = 32;

/**
 * The bytes that an outcome record may need beyond those of the request record's value, the
 * messages of its targets left out (see `withoutTargetMessages`). A request that is larger than the
 * outcomes topic's `max.message.bytes` less this could be worked but never reported.
 */
export function outcomeOverheadBytes(targetsPerRequest: number): number {
  return FIXED_BYTES + targetsPerRequest * TARGET_BYTES;
}

/** The outcome in the shape of `schemas/rerun-outcome.avsc`. */
export function wireOutcomeOf(outcome: Outcome): RerunOutcome {
  const { echo, reason, status, source } = outcome;
  return {
    outcomeId: outcomeIdOf(outcome),
    requestId: echo.requestId,
    provider: echo.provider,
    operation: echo.operationName,
    requestedBy: echo.requestedBy,
    correlationId: echo.correlationId,
    labels: echo.labels,
    replayOf: echo.replayOf,
    status,
    final: isFinal(status),
    reason: reason && { code: reason.code, message: shorten(reason.message, MAX_REASON_MESSAGE) },
    targets: outcome.targets.map(({ target, status: targetStatus, message }) => ({
      target,
      status: targetStatus,
      message: shortenOrNull(message, MAX_TARGET_MESSAGE),
    })),
    attempts: outcome.attempts,
    reconciled: outcome.reconciled,
    coalesced: outcome.coalesced,
    providerRequestId: shortenOrNull(outcome.providerRequestId, MAX_PROVIDER_TEXT),
    asyncJobId: shortenOrNull(outcome.asyncJobId, MAX_PROVIDER_TEXT),
    providerErrorCode: shortenOrNull(outcome.providerErrorCode, MAX_PROVIDER_TEXT),
    source: { topic: source.topic, partition: source.partition, offset: source.offset },
    requestedAt: echo.requestedAt,
    receivedAt: outcome.receivedAt,
    calledAt: outcome.calledAt,
    completedAt: outcome.completedAt,
    dispatcher: outcome.dispatcher,
  };
}

/** The same outcome in the smaller form that `outcomeOverheadBytes` counts with. */
export function withoutTargetMessages(wire: RerunOutcome): RerunOutcome {
  return { ...wire, targets: wire.targets.map((one) => ({ ...one, message: null })) };
}

/** The record's key: outcomes of one request stay in order. */
export function outcomeKeyOf({ echo }: Outcome): string {
  return echo.requestId.slice(0, MAX_REQUEST_ID);
}

/** The record's headers: what can be filtered by without decoding, and the request's trace. */
export function outcomeHeadersOf(outcome: Outcome): Readonly<Record<string, string>> {
  const { traceparent = null, tracestate = null } = outcome.trace ?? {};
  return {
    "rerun-request-id": outcomeKeyOf(outcome),
    "rerun-status": outcome.status,
    ...(traceparent === null ? {} : { traceparent }),
    ...(tracestate === null ? {} : { tracestate }),
  };
}

function shortenOrNull(text: string | null, max: number): string | null {
  return text === null ? null : shorten(text, max);
}
