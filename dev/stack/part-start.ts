import { type Java } from "./java.ts";
import { type StackRun } from "./stack-run.ts";

/** What every part needs to start. */
export interface PartStart {
  readonly run: StackRun;
  readonly java: Java;
  /** The part's unpacked artifact in the cache. */
  readonly artifactFolder: string;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly log: (line: string) => void;
}
