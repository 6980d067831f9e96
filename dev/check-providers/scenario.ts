import type { ProviderConfig } from "../../src/config/config.ts";
import type { TrackUntil } from "../../src/domain/following.ts";
import type { Gate } from "../../src/domain/provider.ts";
import type { SimulatorAdmin } from "../simulator/admin-client.ts";
import type { Fault } from "../simulator/fault.ts";
import type { Simulator } from "../simulator/simulator.ts";
import type { DeadEnds } from "./dead-ends.ts";
import type { Knowable } from "./rules.ts";
import type { Subject } from "./subject.ts";

/** A simulator that one scenario at a time has for itself, and addresses without one. */
export interface Stage {
  readonly simulator: Simulator;
  readonly admin: SimulatorAdmin;
  readonly deadEnds: DeadEnds;
}

/** One operation on its stage. */
export interface Cast extends Stage {
  readonly subject: Subject;
  readonly targets: readonly string[];
}

/** How the call is made, where that is not the usual way. */
export interface Terms {
  readonly config?: Partial<ProviderConfig>;
  /** The port of the provider; the simulator's, when left out. */
  readonly port?: number;
  readonly gate?: Gate;
  readonly signal?: AbortSignal;
  /** What happens beside the call; it must end once the call has. */
  readonly meanwhile?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** A reading before the call and a judgement after it. */
export interface EvidencePlan {
  /** False: nothing was read before the call. */
  readonly before?: boolean;
  /** How long ago the call is told to have been. */
  readonly writtenAgoMs: number;
  /** Between the call and the judgement. */
  readonly between?: (cast: Cast) => Promise<void>;
  /** Somebody else runs the targets again in between. */
  readonly somebodyElse?: true;
}

/** What happens to one call, and how much of it can be known. */
export interface Scenario {
  readonly name: string;
  /** The operations that it can happen to; all, when left out. */
  readonly happensTo?: (subject: Subject) => boolean;
  readonly secure?: boolean;
  /** How many targets, where the operation can have them; one, when left out. */
  readonly targets?: number;
  /** They meet the rerun, never a read, unless their filter says otherwise. */
  readonly faults?: (cast: Cast) => readonly Fault[];
  readonly terms?: (cast: Cast) => Promise<Terms> | Terms;
  readonly follow?: {
    readonly until: TrackUntil;
    /** Looked at so often at the most; until it ends, when left out. */
    readonly rounds?: number;
    /** False: nothing was read before the call. */
    readonly before?: false;
  };
  readonly evidence?: EvidencePlan;
  /** Somebody else's runs of the targets are under way when the first reading is made. */
  readonly isUnderWay?: true;
  /** The runs that the call starts do not end well. */
  readonly runsFail?: true;
  readonly knowable: Knowable | ((cast: Cast) => Knowable);
}
