import type { Entry } from "../../../src/journal/claim-entry.ts";
import type { JournalRecord, Told } from "../../../src/journal/journal-record.ts";
import type { Bug } from "./rules.ts";

export const SECOND = 1_000;

/** A record of the requests topic. */
export interface Asked {
  readonly partition: number;
  readonly offset: bigint;
  readonly requestId: string;
  readonly digest: string;
  readonly targets: readonly string[];
}

/** How a call ended: `silent`, nobody told. */
export type CallEnd = "ok" | "job" | "refused" | "throttled" | "silent";

/** What a process can see of the world and do in it. */
export interface Surroundings {
  readonly bug: Bug | null;
  /** Milliseconds. */
  readonly now: number;
  readonly log: readonly { readonly record: JournalRecord; readonly appendedAt: number }[];
  /** The requests topic, by partition. */
  readonly topic: readonly (readonly Asked[])[];
  readonly committed: bigint[];
  readonly deadLetters: Set<string>;
  /** A number below `count` that nobody can foresee. */
  draw(count: number): number;
  one<const T>(all: readonly T[]): T;
  /** Sends a record. Returns whether its writer hears that it was written. */
  send(record: JournalRecord): boolean;
  /** Makes a call. Its caller learns how it ended later, or never. */
  call(claimId: string, asked: readonly Entry[]): CallEnd;
  /** How often a target ran, as far as can be seen now. */
  runsOf(target: string): number;
  /** Publishes a final outcome. */
  publish(requestId: string, told: Told): void;
}
