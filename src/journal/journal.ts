import type { Evidence } from "../domain/evidence.ts";
import type {
  RequestEcho,
  ReceivedRequest,
  RerunRequest,
  Source,
  TraceHeaders,
} from "../domain/rerun-request.ts";
import type { LeftOut } from "../domain/guard-limits.ts";
import type { Taken } from "../domain/taken.ts";
import type { Entry } from "./claim-entry.ts";
import type { Refusal } from "./change.ts";
import type { Told } from "./journal-record.ts";

/** The right to make one call. Instants are this process's monotonic milliseconds. */
export interface Claim {
  readonly claimId: string;
  readonly provider: string;
  /** The call's first byte leaves by then, or not at all. */
  readonly writeBy: number;
  /** By then the call has ended, and nothing of it is under way. */
  readonly settledBy: number;
}

/** One request for which the right to call is asked. */
export interface ClaimAsk {
  readonly received: ReceivedRequest;
  /** Those of its targets that are to be called. */
  readonly targets: readonly string[];
  /** The others, and why not; absent: there are none. */
  readonly leftOut?: readonly LeftOut[];
  /** What was read of the targets before the call. */
  readonly before: Evidence | null;
  /** What `position` told before that reading began; null without one. */
  readonly evidenceAt: bigint | null;
}

/** How long a connection's calls take at the most, in milliseconds. */
export interface ClaimTerms {
  readonly connectTimeoutMs: number;
  readonly callTimeoutMs: number;
}

/** Why the right to call was not given; `lapsed`: the journal did not tell in time. */
export type NotGranted = Refusal | "lapsed";

/** What became of a claim, by requestId. */
export interface Claimed {
  readonly claim: Claim;
  /** How many calls of each granted request surely did not execute. */
  readonly granted: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, NotGranted>;
}

/** How a request stands by its id, as far as the journal has been read. */
export type Standing =
  /** It was never granted, or was forgotten. */
  | { readonly kind: "unknown" }
  | { readonly kind: "open"; readonly entry: Entry }
  | { readonly kind: "finished"; readonly isSameSource: boolean }
  /** Another request has this id. */
  | { readonly kind: "conflict" };

/** Who a request is, for a verdict without a call. */
export interface Closing {
  readonly echo: RequestEcho;
  /** The request whose failure caused it. */
  readonly causedBy: string | null;
  readonly digest: string;
  readonly source: Source;
  readonly receivedAt: number;
  readonly trace: TraceHeaders | null;
}

/** What a lane needs of the journal. */
export interface LaneJournal {
  /**
   * Whether claims can be won now: the journal is read without delay and to its end. While it is
   * not, nothing is claimed and nothing called.
   */
  readonly isOpen: boolean;
  /** The journal's position for a connection. */
  position(provider: string): bigint;
  /** Whether a call of the target is claimed or followed, by anybody. */
  isHeld(provider: string, target: string): boolean;
  /** Whether nobody holds the request and no verdict about it stands. */
  mayClaim(provider: string, requestId: string): boolean;
  /**
   * The targets of the request that the guards forbid to run again, as far as can be seen now: the
   * journal has the last word.
   */
  forbidden(request: RerunRequest): readonly LeftOut[];
  /** Asks for the right to make one call for all of these together. Rejects only on a bug. */
  claim(provider: string, asks: readonly ClaimAsk[], terms: ClaimTerms): Promise<Claimed>;
  /**
   * Gives the right back: the call was not made, or surely did not execute. Resolves when the
   * journal shows it, so that whoever asks next can be granted.
   */
  release(claim: Claim, requestIds: readonly string[], how: Released): Promise<void>;
}

export interface Released {
  /** A call was made: it counts as a try. */
  readonly called: boolean;
  /** For people. */
  readonly why: string;
}

/**
 * Where the right to call is won, and where every verdict is written before it is published.
 *
 * A slot is reserved first, then the claim, then comes the call. Whoever holds a claim makes at most
 * one call with it and then says how it ended, by exactly one of `release`, `accepted` or `done` for
 * each granted request; until then it drives the claim. Every method resolves when the fact can be
 * read in the journal, which takes as long as the brokers are away.
 */
export interface Journal extends LaneJournal {
  standing(provider: string, requestId: string, digest: string, source: Source): Standing;
  /** The provider took the call; from now on its end is followed, by whoever owns the source. */
  accepted(
    claim: Pick<Claim, "claimId" | "provider">,
    results: ReadonlyMap<string, { readonly taken: Taken; readonly told: Told }>,
  ): Promise<void>;
  /**
   * Final verdicts about what was called; targets that the claim left out are told beside. The first
   * verdict about a request wins, whoever wrote it.
   */
  done(
    claim: Pick<Claim, "claimId" | "provider">,
    results: ReadonlyMap<string, Told>,
  ): Promise<void>;
  /** A final verdict without a call; resolves with why it has no effect, or with null. */
  close(closing: Closing, told: Told): Promise<Refusal | null>;
  /** The outcome stands in its topic. */
  published(provider: string, requestId: string, which: "accepted" | "final"): Promise<void>;
  /** Whether this process holds the claim and has not said how its call ended. */
  isDriven(claimId: string): boolean;
}
