import { CALL_END_KINDS } from "../domain/call-end.ts";
import { DEAD_LETTER_REASONS } from "../domain/dead-letter-reason.ts";
import { RUN_FINDINGS } from "../domain/evidence.ts";
import { type OperationName, PROVIDER_KIND_OF, type ProviderKind } from "../domain/operation.ts";
import { isFinal, type OutcomeStatus, REASON_CODES } from "../domain/outcome.ts";
import { PRIORITIES } from "../domain/rerun-request.ts";
import type { METRICS } from "./metrics-table.ts";

/** A provider connection as far as its metrics go; the config and the adapter together have it. */
export interface MeteredProvider {
  readonly name: string;
  readonly kind: ProviderKind;
  /** The operations that its adapter can call. */
  readonly operations: readonly OperationName[];
  /** The API's action names of the reads that its adapter makes. */
  readonly reads: readonly string[];
}

/** Label of what requests name and nobody configured: requests must not create series. */
export const UNKNOWN = "unknown";

/** Label of outcomes that carry no reason. */
export const NO_REASON = "none";

const CLAIM_RESULTS = [
  "granted",
  "taken",
  "finished",
  "conflict",
  "fenced",
  "target-held",
  "target-moved",
  "guarded",
  "unguarded",
  "lapsed",
] as const;

const JOURNAL_RECORDS = [
  "CLAIM",
  "RELEASE",
  "ACCEPTED",
  "DONE",
  "CLOSE",
  "PUBLISHED",
  "CHECKPOINTED",
  "unreadable",
] as const;

const HELD_WHYS = ["paused", "window", "breaker", "credentials", "quota"] as const;

/** The values of the gauge, by the breaker's states. */
export const BREAKER_STATES = { closed: 0, probing: 1, open: 2 } as const;

const SLOT_ENDS = ["granted", "void", "used", "late", "wasted"] as const;

/** What became of a share of the group's rate limit. */
export type SlotEndLabel = (typeof SLOT_ENDS)[number];
/** Whether a claim that was asked for is ours, and if not, why. */
export type ClaimResult = (typeof CLAIM_RESULTS)[number];
/** A kind of record in the journal. */
export type JournalRecordLabel = (typeof JOURNAL_RECORDS)[number];
/** Why a lane can be held. */
export type HeldWhy = (typeof HELD_WHYS)[number];

/** A row of the metrics' table. */
export type MetricKey = keyof typeof METRICS;
/** Labels of one series, by name. */
export type Labels = Readonly<Record<string, string>>;

/** All record names. The cast gives back the key type, which Object.keys() forgets. */
export const OPERATION_NAMES = Object.keys(PROVIDER_KIND_OF) as readonly OperationName[];
const STATUSES = Object.keys(REASON_CODES) as readonly OutcomeStatus[];
const FINAL_STATUSES = STATUSES.filter(isFinal);

/**
 * Every series that is known before anything happened. They begin at zero, so that the first event
 * is an increase: rates and alerts miss a series that appears with a 1.
 */
export function knownSeries(
  providers: readonly MeteredProvider[],
): readonly (readonly [MetricKey, Labels])[] {
  return [
    ...DEAD_LETTER_REASONS.map((reason) => ["deadLetters", { reason }] as const),
    ...CLAIM_RESULTS.map((result) => ["claims", { result }] as const),
    ...JOURNAL_RECORDS.map((record) => ["journalIgnored", { record }] as const),
    ["completeAgain", {}],
    ["slotRestarts", {}],
    ["slotClockWidth", {}],
    ["journalOpenRequests", {}],
    ["journalFinishedRequests", {}],
    ["journalUnreadRecords", {}],
    ...providers.flatMap(seriesOf),
    ...[...OPERATION_NAMES, UNKNOWN].flatMap(strangerSeries),
    ["requestDuration", { provider: UNKNOWN, status: "REJECTED" }],
  ];
}

function seriesOf(connection: MeteredProvider): readonly (readonly [MetricKey, Labels])[] {
  const provider = connection.name;
  const isOwn = (operation: OperationName) => PROVIDER_KIND_OF[operation] === connection.kind;
  const foreign = OPERATION_NAMES.filter((operation) => !isOwn(operation));
  const wrongKind = { status: "REJECTED", reason: "WRONG_PROVIDER_KIND" };
  return [
    ["requestsDuplicate", { provider }],
    ["callStartsMaxPerSecond", { provider }],
    ["throttleWait", { provider }],
    ["callsPerSecondLimit", { provider }],
    ...SLOT_ENDS.map((end) => ["slots", { provider, end }] as const),
    ["laneWaitingOutside", { provider }],
    ["laneInFlight", { provider }],
    ["breakerState", { provider }],
    ["trackedJobs", { provider }],
    ...RUN_FINDINGS.map((verdict) => ["reconciliations", { provider, verdict }] as const),
    ...PRIORITIES.map((priority) => ["laneQueueDepth", { provider, priority }] as const),
    ...HELD_WHYS.map((why) => ["laneHeld", { provider, why }] as const),
    ...FINAL_STATUSES.map((status) => ["requestDuration", { provider, status }] as const),
    ...[...connection.operations, ...connection.reads].flatMap((operation) =>
      CALL_END_KINDS.map((result) => ["providerCalls", { provider, operation, result }] as const),
    ),
    ...connection.operations.flatMap((operation) => [
      ["providerCallDuration", { provider, operation }] as const,
      ["coalescedRequests", { provider, operation }] as const,
    ]),
    ...OPERATION_NAMES.map((operation) => ["requestsReceived", { provider, operation }] as const),
    ...OPERATION_NAMES.filter(isOwn).flatMap((operation) => outcomesOf(provider, operation)),
    ...foreign.map((operation) => ["outcomes", { provider, operation, ...wrongKind }] as const),
  ];
}

function outcomesOf(
  provider: string,
  operation: OperationName,
): readonly (readonly [MetricKey, Labels])[] {
  return STATUSES.flatMap((status) => {
    const codes: readonly string[] = REASON_CODES[status];
    const reasons = codes.length === 0 ? [NO_REASON] : codes;
    return reasons.map((reason) => ["outcomes", { provider, operation, status, reason }] as const);
  });
}

/** What happens to requests for a connection that is not configured. */
function strangerSeries(operation: string): readonly (readonly [MetricKey, Labels])[] {
  const provider = UNKNOWN;
  const labels = { provider, operation, status: "REJECTED", reason: "UNKNOWN_PROVIDER" };
  return [
    ["requestsReceived", { provider, operation }],
    ["outcomes", labels],
  ];
}
