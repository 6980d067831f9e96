import { type PartName } from "./toolbox.ts";

/** Everything is optional: without options both parts start. */
export interface StartStackOptions {
  readonly parts?: readonly PartName[];
  /** Gets progress, and the end of a part that nobody asked to end; one line a call. */
  readonly log?: (line: string) => void;
  /** Broker configs that win over ours, such as `{ "message.max.bytes": "2000000" }`. */
  readonly brokerConfig?: Readonly<Record<string, string>>;
  /** Java sources that the broker uses instead of its own classes; compiled into `patchFolder`. */
  readonly brokerPatch?: readonly string[];
  /** Per part, also for later starts. Default 90 s. */
  readonly startTimeoutMs?: number;
  /** How long a part may take to end by itself before SIGKILL. Default 15 s. */
  readonly stopTimeoutMs?: number;
  /** Per download. Default 5 min. */
  readonly downloadTimeoutMs?: number;
  /** Ends a start that is under way: everything is cleaned up and startStack rejects. */
  readonly signal?: AbortSignal;
  /** Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}
