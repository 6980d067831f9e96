import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { Teardown } from "../../src/lifecycle/teardown.ts";
import type { ServiceStatusPage } from "../rig/service-process.ts";
import type { SimulatorProcess } from "../rig/simulator-process.ts";

/** What a stage is set with. */
export interface StageParts {
  /** For files; removed at the end. */
  readonly folder: string;
  readonly simulator: SimulatorProcess;
  /** Closes everything at the end. */
  readonly teardown: Teardown;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  /** Tells what is being done, in lines. */
  readonly tell: (line: string) => void;
}

/** A service that runs, with its topics. */
export interface Stage {
  /** The service's `/status`. */
  status(): Promise<ServiceStatusPage>;
  /** Publishes the requests of a file. Rejects when that fails. */
  submit(file: string): Promise<void>;
  readonly outcomes: OutcomeFollower;
  /** What to type into another terminal while everything runs. */
  readonly playCommands: string;
}

/** What comes out of the outcomes topic, and what went into the requests topic. */
export interface OutcomeFollower {
  /** The ids of all requests that stand in the requests topic now. */
  submitted(): Promise<readonly string[]>;
  /** The final outcomes so far, each once, in the order of their coming. */
  finals(): readonly RerunOutcome[];
  /** Outcomes that are not final, so far. */
  accepted(): number;
}
