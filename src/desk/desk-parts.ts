import type { Connection } from "../admission/admit.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Source } from "../domain/rerun-request.ts";
import type { Overflow } from "../inbound/overflow.ts";
import type { Journal } from "../journal/journal.ts";
import type { Lane } from "../lanes/lane.ts";
import type { Unpack } from "./outcome-of.ts";
import type { SettlingCounter } from "./deeds.ts";
import type { Settler } from "./settler.ts";

/** One provider connection as the desk sees it. */
export interface Counter extends Connection, SettlingCounter {
  readonly lane: Pick<Lane, "offer" | "forget">;
  /** Calls of a request that surely did not execute, at the most. */
  readonly maxAttempts: number;
  /** What becomes of an uncertain call of which evidence shows that it did not run. */
  readonly uncertain: "report" | "retry-if-absent";
}

export interface RequestDeskParts {
  readonly journal: Pick<
    Journal,
    "standing" | "release" | "accepted" | "done" | "close" | "isDriven"
  >;
  readonly settler: Pick<Settler, "consider" | "finished">;
  readonly unpack: Unpack;
  /** Resolves when Kafka has acknowledged the outcome. Only for what no journal can know. */
  readonly publish: (outcome: Outcome) => Promise<void>;
  /** Told each record that needs no further attention. */
  readonly complete: (source: Source) => void;
  /**
   * Asked when a request comes back unexecuted: false when its partition went to somebody else, who
   * works it now; from then on nothing here knows the record.
   */
  readonly keeps: (source: Source) => boolean;
  /** Another request has the record's id: it becomes a dead letter, and `complete` follows. */
  readonly conflicts: (source: Source, message: string) => Promise<void>;
  /** Where requests wait for which their lanes have no room. */
  readonly overflow: Pick<Overflow, "mustWait" | "add" | "forget">;
  /** Whether this process looks after requests with this key that nobody may have. */
  readonly ownsOrphan: (key: string) => boolean;
  /** Told each record that repeats another one's request, once. */
  readonly onDuplicate: (repeat: { readonly provider: string; readonly source: Source }) => void;
  /** Something threw that must not: the process cannot go on. */
  readonly onFailure: (error: unknown) => void;
  /** For how long the requests topic keeps a record; `Infinity`: for ever. */
  readonly requestsRetentionMs: number;
  /** Instance id and version. */
  readonly dispatcher: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
  /** Aborts when nothing is called again here. */
  readonly stopped: AbortSignal;
}
