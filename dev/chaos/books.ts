import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { Arrival } from "../simulator/arrivals.ts";

/** A request as one of its records asks for it. */
export interface AskedRequest {
  readonly requestId: string;
  readonly provider: string;
  /** Equal for records that ask for the same (`contentOf`). */
  readonly content: string;
  readonly product: string;
  readonly targets: readonly string[];
  /** Whether its connection calls again what evidence shows as not executed. */
  readonly retriesAbsent: boolean;
  /** Whether it is past the guards. */
  readonly isForced: boolean;
}

/** One record of the requests topic. */
export interface RequestRecord {
  readonly partition: number;
  readonly offset: bigint;
  /** What was going on when it was put there. */
  readonly mode: string;
  /** Null: nobody can read it. */
  readonly asked: AskedRequest | null;
}

/** A rerun that arrived at the provider. */
export type BookedCall = Pick<
  Arrival,
  "sequence" | "at" | "product" | "targets" | "ranTargets" | "executed" | "answer" | "code"
>;

/** One record of the dead-letter topic. */
export interface BookedDeadLetter {
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
}

/** Everything that stood in the topics and in the provider's books when all was quiet again. */
export interface Books {
  readonly records: readonly RequestRecord[];
  /** In the order of their arrival. */
  readonly calls: readonly BookedCall[];
  /** Every record of the outcomes topic, repeats included. */
  readonly outcomes: readonly RerunOutcome[];
  readonly deadLetters: readonly BookedDeadLetter[];
  /** Partition of the requests topic → what the group committed. */
  readonly committed: ReadonlyMap<number, bigint>;
}

/** The ways in which a promise can be broken. */
export const VIOLATIONS = ["twice", "lost", "conflicting", "lie", "stuck", "too-often"] as const;
export type ViolationKind = (typeof VIOLATIONS)[number];

export interface Violation {
  readonly kind: ViolationKind;
  readonly mode: string;
  /** Null: it is about a record that nobody can read. */
  readonly requestId: string | null;
  readonly message: string;
}
