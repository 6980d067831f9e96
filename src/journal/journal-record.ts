import type { Evidence } from "../domain/evidence.ts";
import type { GuardLimits, LeftOut } from "../domain/guard-limits.ts";
import type { CallHistory, Verdict } from "../domain/outcome.ts";
import type { RequestEcho, Source, TraceHeaders } from "../domain/rerun-request.ts";
import type { Taken } from "../domain/taken.ts";

/**
 * The version of the rules by which the journal is read. Instances that follow different rules would
 * disagree about who may call, so a record of another version stops all claiming.
 */
export const PROTOCOL_VERSION = 1;

/** A verdict as it is written down: with all that its outcome says of the work, whoever publishes it. */
export interface Told {
  readonly verdict: Verdict;
  readonly history: CallHistory;
  /** Milliseconds since the epoch by the clock of whoever decided. */
  readonly completedAt: number;
  /** Instance id and version of whoever decided. */
  readonly dispatcher: string;
}

/** The part of a request that every record about it needs before there is an entry for it. */
interface Introduced {
  readonly requestId: string;
  /** `digestOf` the request. */
  readonly digest: string;
  /** Grants so far + 1: a late copy of a record names an attempt that is over. */
  readonly attempt: number;
  readonly source: Source;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
}

/** One request of a CLAIM. */
export interface AskedRequest extends Introduced {
  /** As `RequestPacker.pack` writes it. */
  readonly packed: string;
  /** What the call names, in the spelling of outcomes. */
  readonly targets: readonly string[];
  /** What was read of the targets before the call; null: nothing. */
  readonly before: Evidence | null;
  /**
   * The journal position before that reading began: no other claim may have held one of the targets
   * since, or its run could be taken for this one's. Null without a reading.
   */
  readonly evidenceAt: bigint | null;
  /** What the guards look at; absent when there is nothing of it. */
  readonly guarded?: AskedOfGuards | undefined;
}

/** What the guards look at in a request of a CLAIM, beside its targets. */
export interface AskedOfGuards {
  /** It goes past the guards. */
  readonly force: boolean;
  /** The request whose failure caused it. */
  readonly causedBy: string | null;
  /** Targets of the request that are not to be called, for the guards forbid them. */
  readonly leftOut: readonly LeftOut[];
}

/** One request of a CLOSE. */
export interface ClosedRequest extends Introduced {
  readonly echo: RequestEcho;
  /** The request whose failure caused one that the guards forbid. */
  readonly causedBy?: string | undefined;
  readonly told: Told;
}

/** Asks for the right to make one call for these requests, granted in whole, in part or not at all. */
export interface ClaimRecord {
  readonly kind: "CLAIM";
  readonly provider: string;
  readonly claimId: string;
  /** The process that would call; a new one after every start. */
  readonly instance: string;
  /** The call begins within this time of the claim's writing, in milliseconds. */
  readonly callWithinMs: number;
  /** The call has ended within this time of the claim's writing, in milliseconds. */
  readonly settleWithinMs: number;
  /** How long a finished request stays known, in milliseconds. */
  readonly windowMs: number;
  /** What the guards allow: its requests are held to that at the record's log time. Absent: all. */
  readonly guards?: GuardLimits | undefined;
  readonly requests: readonly AskedRequest[];
}

/** Gives the right back: the call was not made, or surely did not execute. */
export interface ReleaseRecord {
  readonly kind: "RELEASE";
  readonly provider: string;
  readonly claimId: string;
  readonly requestIds: readonly string[];
  /** A call was made, and surely did not execute: it counts as a try. */
  readonly called: boolean;
  /** For people. */
  readonly why: string;
}

/** The provider took the call; its end is followed from here on by whoever owns the source. */
export interface AcceptedRecord {
  readonly kind: "ACCEPTED";
  readonly provider: string;
  readonly claimId: string;
  readonly results: readonly {
    readonly requestId: string;
    readonly taken: Taken;
    readonly told: Told;
  }[];
}

/** The final verdicts of a call. */
export interface DoneRecord {
  readonly kind: "DONE";
  readonly provider: string;
  readonly claimId: string;
  readonly results: readonly { readonly requestId: string; readonly told: Told }[];
}

/** Final verdicts without a call. */
export interface CloseRecord {
  readonly kind: "CLOSE";
  readonly provider: string;
  readonly instance: string;
  /** As in a CLAIM. */
  readonly windowMs: number;
  /** As in a CLAIM: what is told to be suppressed must be so by these. */
  readonly guards?: GuardLimits | undefined;
  readonly requests: readonly ClosedRequest[];
}

/** These outcomes stand in the outcomes topic. */
export interface PublishedRecord {
  readonly kind: "PUBLISHED";
  readonly provider: string;
  readonly requestIds: readonly string[];
  readonly which: "accepted" | "final";
}

/** Offsets of one partition of the requests topic that need no further attention. */
export interface CompletedOffsets {
  readonly partition: number;
  /** Everything below is complete. */
  readonly low: bigint;
  /** Complete stretches above it, without their `to`, in order. */
  readonly ranges: readonly { readonly from: bigint; readonly to: bigint }[];
  /**
   * How often the partition was found to have begun anew when its teller began to read it: offsets of
   * an earlier era are other records. A higher one than is known voids what is known.
   */
  readonly era: number;
}

/** Tells which offsets of the requests topic are complete, which lets finished requests be forgotten. */
export interface CheckpointedRecord {
  readonly kind: "CHECKPOINTED";
  readonly partitions: readonly CompletedOffsets[];
  /** Ends a stretch of the journal here, so that what finished in it can be written as a segment. */
  readonly seal: boolean;
}

export type JournalRecord =
  | ClaimRecord
  | ReleaseRecord
  | AcceptedRecord
  | DoneRecord
  | CloseRecord
  | PublishedRecord
  | CheckpointedRecord;

export type JournalRecordKind = JournalRecord["kind"];
