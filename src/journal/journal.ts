import type { Following } from "../domain/following.ts";
import type { Verdict } from "../domain/outcome.ts";
import type { ReceivedRequest, Source } from "../domain/rerun-request.ts";

/** What is known of a request when its record is read. */
export type Standing =
  /** Never seen: work it. */
  | { readonly kind: "new" }
  /** The same request from another record. Settled: its final outcome is out. */
  | { readonly kind: "duplicate"; readonly settled: boolean }
  /** The same requestId asks for something else. */
  | { readonly kind: "conflict"; readonly message: string };

/** The right to make one call for the requests that were granted, possibly for none. */
export interface Claim {
  readonly claimId: string;
  readonly granted: readonly ReceivedRequest[];
}

/**
 * Where the right to call is won, and where every verdict is written before it is published.
 *
 * A slot is reserved first, then the claim, then comes the call: a claim must not grow old in a
 * queue. Whoever holds a claim makes at most one call with it and then says how it ended, by exactly
 * one of `release`, `accepted` or `done`. Every method resolves when the fact is written.
 */
export interface Journal {
  /** Registers a request by provider and requestId. */
  open(received: ReceivedRequest): Standing;
  /** Asks for the right to make one call for all of these together. */
  claim(requests: readonly ReceivedRequest[]): Promise<Claim>;
  /** Gives the right back: the call was not made, or surely did not execute. */
  release(claim: Claim, how: { readonly called: boolean; readonly why: string }): Promise<void>;
  /** The provider took the call; from now on it is tracked and never judged. */
  accepted(claim: Claim, following: Following): Promise<void>;
  /** The final verdict about one request of a claim. */
  done(claim: Claim, request: ReceivedRequest, verdict: Verdict): Promise<void>;
  /** The final verdict about a request that was not called, or not called successfully. */
  close(request: ReceivedRequest, verdict: Verdict): Promise<void>;
  /** The final outcome is out: returns every record that needs no further attention now. */
  published(request: ReceivedRequest): readonly Source[];
  /**
   * Forgets an open request whose partition belongs to somebody else. Returns a duplicate of it that
   * waits here and now has to be worked in its place.
   */
  forget(request: ReceivedRequest): ReceivedRequest | null;
  /** Forgets the waiting duplicates that came from one partition. */
  forgetDuplicates(partition: number): void;
}
