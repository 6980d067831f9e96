import type { Fetched, FetchedMessage } from "./partition-reader.ts";
import type { OffsetRange } from "./topic-reader.ts";

/**
 * Records that were to be read are not in the log: it goes on at `found`. Below `expected`: the log
 * ends there, or is another one than was read before.
 */
export interface Gap {
  readonly kind: "gap";
  readonly expected: bigint;
  readonly found: bigint;
}

export type Step = { readonly kind: "read"; readonly messages: readonly FetchedMessage[] } | Gap;

/** Up to where one partition was read, across the brokers' outages. Told nothing after a gap. */
export interface TailPosition {
  /** The offset to ask for. */
  readonly fetchFrom: bigint;
  /** How many offsets the log is known to have beyond it. */
  readonly lag: bigint;
  /** Whether everything was read that was in the log when it was last asked. */
  readonly isCaughtUp: boolean;
  /** Reading begins, or begins again: the log now has this range. */
  restart(range: OffsetRange): Gap | null;
  /** The records among these that come next, in their order, each once. */
  take(fetched: Pick<Fetched, "highWatermark" | "messages">): Step;
}
