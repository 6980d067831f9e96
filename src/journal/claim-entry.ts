import type { Evidence } from "../domain/evidence.ts";
import type { LeftOut } from "../domain/guard-limits.ts";
import type { RequestEcho, Source, TraceHeaders } from "../domain/rerun-request.ts";
import type { Taken } from "../domain/taken.ts";
import type { Told } from "./journal-record.ts";

/** What a granted claim says of one of its requests. */
export interface EntryClaim {
  readonly claimId: string;
  readonly instance: string;
  readonly settleWithinMs: number;
  readonly targets: readonly string[];
  readonly before: Evidence | null;
  /** The targets at which a run may show that is an earlier call's. */
  readonly rivals: readonly string[];
  /** How many requests it was granted; absent: this one alone. */
  readonly shared?: number;
  /** Log time of the grant, milliseconds. */
  readonly logTime: number;
}

/** What the provider took, and whether its ACCEPTED outcome is out. */
export interface EntryTaken {
  readonly taken: Taken;
  readonly told: Told;
  /** Log time of the ACCEPTED record, milliseconds. */
  readonly logTime: number;
  readonly isPublished: boolean;
}

/** Who a request is and what its outcomes repeat; an entry keeps what its last grant said. */
export interface EntryRequest {
  readonly requestId: string;
  readonly source: Source;
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
  /** As `RequestPacker.pack` writes it; null when it was closed without a call. */
  readonly packed: string | null;
  /** Null when it is to be had from `packed`. */
  readonly echo: RequestEcho | null;
}

/**
 * A request that was claimed or closed at least once and whose final outcome is not known to be out.
 *
 * - `free`: nobody holds it; it may be claimed again.
 * - `claimed`: somebody has the right to call and may have called.
 * - `accepted`: the provider took the call; its end is followed.
 * - `done`: its final verdict stands.
 */
export type Entry = EntryFacts &
  (
    | { readonly phase: "free"; readonly claim: null; readonly taken: null; readonly told: null }
    | {
        readonly phase: "claimed";
        readonly claim: EntryClaim;
        readonly taken: null;
        readonly told: null;
      }
    | {
        readonly phase: "accepted";
        readonly claim: EntryClaim;
        readonly taken: EntryTaken;
        readonly told: null;
      }
    | { readonly phase: "done"; readonly claim: null; readonly taken: null; readonly told: Told }
  );

export interface EntryFacts {
  /** `keyOf` the provider and the requestId. */
  readonly key: string;
  readonly provider: string;
  readonly digest: string;
  readonly request: EntryRequest;
  /** How often the right to call was granted; the next one is this plus one. */
  readonly grants: number;
  /**
   * For how long after its end it is to be known: the largest window that a grant asked for; absent: it
   * was granted before entries kept it.
   */
  readonly windowMs?: number;
  /** Calls that surely did not execute. */
  readonly tries: number;
  /** Why it was released last, for people; null: it never was. */
  readonly releasedWhy: string | null;
  /** The targets that its last grant left out; absent: none. */
  readonly leftOut?: readonly LeftOut[];
}
