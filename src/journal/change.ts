import type { AgingSegment } from "./aging-segment.ts";
import type { Entry } from "./claim-entry.ts";
import type { Completed } from "./completed-sources.ts";
import type { OpenStretch } from "./finished-requests.ts";
import type { SavedGuards } from "./guards/guards.ts";
import type { HeldTargets } from "./held-targets.ts";
import type { JournalRecordKind } from "./journal-record.ts";
import type { SealedSegment } from "./sealed-segment.ts";

/** Where a record stands in its partition. */
export interface LogPlace {
  readonly offset: bigint;
  /** When the broker appended it, milliseconds by its clock. */
  readonly appendedAt: number;
}

/** Why a request of a CLAIM or a CLOSE was not granted. */
export type Refusal =
  /** Another request has this id. */
  | "conflict"
  /** Its final outcome is out. */
  | "finished"
  /** Somebody holds it, or its verdict stands. */
  | "taken"
  /** The record is late, or a copy: its attempt is over or not due. */
  | "fenced"
  /** Another claim holds one of its targets. */
  | "target-held"
  /** Another claim held one of its targets since the reading before. */
  | "target-moved"
  /** A guard forbids to run one of its targets again. */
  | "guarded"
  /** No guard forbids what is told to be suppressed or left out. */
  | "unguarded";

/** Which requests of a CLAIM or a CLOSE were granted. */
interface Decision {
  /** The process that asked. */
  readonly instance: string;
  readonly granted: readonly Entry[];
  readonly refused: readonly {
    readonly key: string;
    readonly requestId: string;
    readonly why: Refusal;
  }[];
}

/** A CLAIM was decided. */
export interface ClaimDecided extends Decision {
  readonly kind: "claimed";
  readonly claimId: string;
}

/** A CLOSE was decided. */
export interface CloseDecided extends Decision {
  readonly kind: "closed";
}

/** What a record changed, for those who act on it. */
export type Change =
  | ClaimDecided
  | CloseDecided
  | {
      readonly kind: "released" | "accepted" | "done" | "accepted-published" | "published";
      readonly entry: Entry;
    }
  /** These targets are free now. */
  | { readonly kind: "freed"; readonly provider: string; readonly targets: readonly string[] }
  /** A stretch of the journal ended at this position. */
  | { readonly kind: "border"; readonly position: bigint }
  /** A record, or one request in it, had no effect. */
  | { readonly kind: "ignored"; readonly record: JournalRecordKind; readonly why: string };

/** The whole state at a border, in a form that can be written down. */
export interface SavedStates {
  readonly position: bigint;
  readonly logTime: number;
  readonly entries: readonly Entry[];
  readonly targets: ReturnType<HeldTargets["saved"]>;
  readonly completed: readonly Completed[];
  readonly stretch: OpenStretch;
  /** Undefined while no record ever named a guard. */
  readonly guards?: SavedGuards | undefined;
}

/** What the past is kept in, oldest first: it is written down piece by piece. */
export interface SavedSegments {
  readonly segments: readonly SealedSegment[];
  readonly guardSegments: readonly AgingSegment[];
}
