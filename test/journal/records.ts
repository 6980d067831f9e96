import type { Evidence } from "../../src/domain/evidence.ts";
import { NEVER_CALLED, type OutcomeStatus, plainVerdict } from "../../src/domain/outcome.ts";
import type { RequestEcho } from "../../src/domain/rerun-request.ts";
import type { Taken } from "../../src/domain/taken.ts";
import type {
  AcceptedRecord,
  AskedRequest,
  CheckpointedRecord,
  ClaimRecord,
  ClosedRequest,
  CloseRecord,
  CompletedOffsets,
  DoneRecord,
  PublishedRecord,
  ReleaseRecord,
  Told,
} from "../../src/journal/journal-record.ts";
import { aSource } from "../support/a-received-request.ts";

/** The connection of all records here unless a test says otherwise. */
export const PROVIDER = "dataworks-sh";

/** Digests are 16 characters of one byte each. */
export function digest(letter: string): string {
  return letter.padEnd(16, letter.slice(-1));
}

/** What distinguishes one request of a record; `r` asked for at offset 1 of partition 0. */
type Asked = Partial<AskedRequest> & { readonly requestId?: string };

/** One request of a CLAIM: its first attempt, with one target of its own and no reading. */
export function asked(overrides: Asked = {}): AskedRequest {
  const { requestId = "r" } = overrides;
  return {
    requestId,
    digest: digest("a"),
    attempt: 1,
    source: aSource(1),
    receivedAt: 1_700_000_000_000,
    trace: null,
    packed: `packed ${requestId}`,
    targets: [`target of ${requestId}`],
    before: null,
    evidenceAt: null,
    ...overrides,
  };
}

/** A CLAIM of `me` for the requests, or for `r` alone. */
export function aClaim(
  claimId: string,
  requests: readonly Asked[] = [{}],
  overrides: Partial<Omit<ClaimRecord, "claimId" | "requests">> = {},
): ClaimRecord {
  return {
    kind: "CLAIM",
    provider: PROVIDER,
    claimId,
    instance: "me",
    callWithinMs: 2_000,
    settleWithinMs: 12_000,
    windowMs: 604_800_000,
    requests: requests.map((one) => asked(one)),
    ...overrides,
  };
}

/** A RELEASE without a call. */
export function aRelease(
  claimId: string,
  requestIds: readonly string[] = ["r"],
  overrides: Partial<ReleaseRecord> = {},
): ReleaseRecord {
  const how = { called: false, why: "late" };
  return { kind: "RELEASE", provider: PROVIDER, claimId, requestIds, ...how, ...overrides };
}

/** A verdict as it is written down. */
export function told(status: OutcomeStatus, by = "me"): Told {
  return {
    verdict: plainVerdict(status),
    history: NEVER_CALLED,
    completedAt: 1_700_000_002_000,
    dispatcher: by,
  };
}

/** A call that started job `job-1`. */
export function taken(): Taken {
  const job = { jobId: "job-1", scope: {} };
  return {
    end: {
      ...{ kind: "accepted", job, asyncJobId: "job-1", targets: [] },
      ...{ providerRequestId: "call-1", providerErrorCode: null },
    },
    following: { until: "submitted", job, calledAt: 1_700_000_001_500, ended: [], notes: {} },
    reconciled: false,
    evidence: [],
  };
}

export function anAccepted(
  claimId: string,
  requestIds: readonly string[] = ["r"],
  overrides: Partial<AcceptedRecord> = {},
): AcceptedRecord {
  const results = requestIds.map((requestId) => {
    return { requestId, taken: taken(), told: told("ACCEPTED") };
  });
  return { kind: "ACCEPTED", provider: PROVIDER, claimId, results, ...overrides };
}

/** A DONE with one and the same verdict for all. */
export function aDone(
  claimId: string,
  requestIds: readonly string[] = ["r"],
  verdict: Told = told("SUCCEEDED"),
): DoneRecord {
  const results = requestIds.map((requestId) => ({ requestId, told: verdict }));
  return { kind: "DONE", provider: PROVIDER, claimId, results };
}

/** What outcomes repeat of a request. */
export function anEcho(requestId = "r"): RequestEcho {
  return {
    requestId,
    provider: PROVIDER,
    operationName: "DataWorksRerunTaskInstances",
    requestedAt: 1_700_000_000_000,
    requestedBy: "quality-gate",
    correlationId: null,
    labels: {},
    replayOf: null,
  };
}

/** One request of a CLOSE: rejected at its first attempt. */
export function closed(overrides: Partial<ClosedRequest> = {}): ClosedRequest {
  const { requestId = "r" } = overrides;
  return {
    requestId,
    digest: digest("a"),
    attempt: 1,
    source: aSource(1),
    receivedAt: 1_700_000_000_000,
    trace: null,
    echo: anEcho(requestId),
    told: told("REJECTED"),
    ...overrides,
  };
}

export function aClose(
  requests: readonly Partial<ClosedRequest>[] = [{}],
  overrides: Partial<Omit<CloseRecord, "requests">> = {},
): CloseRecord {
  return {
    ...{ kind: "CLOSE", provider: PROVIDER, instance: "me", windowMs: 604_800_000 },
    requests: requests.map((one) => closed(one)),
    ...overrides,
  };
}

/** The final outcomes are out. */
export function aPublished(
  requestIds: readonly string[] = ["r"],
  overrides: Partial<PublishedRecord> = {},
): PublishedRecord {
  return { kind: "PUBLISHED", provider: PROVIDER, requestIds, which: "final", ...overrides };
}

/** Everything below `low` of partition 0 is complete. */
export function aCheckpoint(
  partitions: readonly Partial<CompletedOffsets>[] = [],
  seal = false,
): CheckpointedRecord {
  const offsets = partitions.map((one) => {
    return { partition: 0, low: 0n, ranges: [], era: 0, ...one };
  });
  return { kind: "CHECKPOINTED", partitions: offsets, seal };
}

/** A reading of the targets. */
export function aReading(...targets: readonly string[]): Evidence {
  return { marks: targets.map((target) => ({ target, mark: { runs: 1 } })) };
}
