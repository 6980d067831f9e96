import type { RerunRequest } from "../../src/avro/wire-types.ts";
import type { Fault } from "../simulator/fault.ts";
import type { FlowSeed } from "../simulator/flow-book.ts";
import { type Fate, faultsOf } from "./fates.ts";
import type { Random } from "./random.ts";
import { type Errand, ERRAND_KINDS, targetsOfWire } from "./wire-operations.ts";

/** A further record with the id of a request. */
export interface Copy {
  readonly wire: RerunRequest;
  readonly afterMs: number;
  readonly isElsewhere: boolean;
}

/** A request, what the provider is going to do to it, and what else comes under its id. */
export interface PlannedRequest {
  readonly wire: RerunRequest;
  readonly faults: readonly Fault[];
  readonly flows: readonly FlowSeed[];
  readonly copies: readonly Copy[];
}

/** What requests are like in a mode. */
export interface Mix {
  readonly errands: Readonly<Record<Errand, number>>;
  readonly fates: Readonly<Record<Fate, number>>;
  /** How often a request comes again, as it is. */
  readonly repeated: number;
  /** How often another request comes under its id. */
  readonly contested: number;
  /** How often the next request shares a target with it, and often some more then. */
  readonly shared: number;
}

/** Of one length with all that follow: the simulator's filters take parts of targets too. */
const FIRST_TARGET = 100_000_000_001;
/** Requests that are not called at all, and those that are whatever the guards say. */
const SPECIAL = { "unknown-provider": 1, expired: 1, "dry-run": 2, forced: 6, usual: 90 } as const;
/** More than a target's budget allows, so that guards have to decide. */
const MOST_SHARERS = 4;
const SHARED_FURTHER = 0.6;
const COPY_WITHIN_MS = 5000;

/** Thinks requests up. */
export class RequestPlanner {
  readonly #random: Random;
  #nextTarget = FIRST_TARGET;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** So many requests, their ids beginning with the mode's name. */
  plan(mode: string, count: number, mix: Mix): readonly PlannedRequest[] {
    const planned: PlannedRequest[] = [];
    while (planned.length < count) {
      const errand = this.#random.weighted(mix.errands);
      const targets = this.#targets(ERRAND_KINDS[errand].isPlural ? this.#random.whole(1, 3) : 1);
      planned.push(this.#one(mode, errand, targets, mix));
      let sharers = 0;
      while (planned.length < count && sharers < MOST_SHARERS) {
        if (!this.#random.chance(sharers === 0 ? mix.shared : SHARED_FURTHER)) break;
        planned.push(this.#one(mode, errand, this.#targetsBeside(errand, targets), mix));
        sharers += 1;
      }
    }
    return planned;
  }

  #one(mode: string, errand: Errand, targets: readonly number[], mix: Mix): PlannedRequest {
    const random = this.#random;
    this.#count += 1;
    const requestId = `${mode}-${String(this.#count).padStart(5, "0")}`;
    const wire = this.#special(requestOf(requestId, errand, targets));
    const fate = random.weighted(mix.fates);
    const [own = ""] = targetsOfWire(wire.operation);
    const flows = errand === "dms" ? targets.map(flowOf) : [];
    const copies: Copy[] = [];
    while (random.chance(mix.repeated) && copies.length < 3) copies.push(this.#copyOf(wire));
    if (random.chance(mix.contested)) {
      const [target = 0] = this.#targets(1);
      copies.push(this.#copyOf(requestOf(requestId, errand, [target])));
      if (errand === "dms") flows.push(flowOf(target));
    }
    return { wire, faults: faultsOf(fate, errand, own, random), flows, copies };
  }

  #copyOf(wire: RerunRequest): Copy {
    const isAtOnce = this.#random.chance(0.5);
    const afterMs = isAtOnce ? 0 : this.#random.between(0, COPY_WITHIN_MS);
    return { wire, afterMs, isElsewhere: this.#random.chance(0.6) };
  }

  /** Some requests end without a call, some go past the guards. */
  #special(wire: RerunRequest): RerunRequest {
    switch (this.#random.weighted(SPECIAL)) {
      case "unknown-provider":
        return { ...wire, provider: "nobody-s" };
      case "expired":
        return { ...wire, notAfter: wire.requestedAt - 1000 };
      case "dry-run":
        return { ...wire, dryRun: true };
      case "forced":
        return { ...wire, force: true };
      case "usual":
        return wire;
    }
  }

  #targets(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.#nextTarget++);
  }

  /** One of these, after one of its own where there can be several. */
  #targetsBeside(errand: Errand, targets: readonly number[]): readonly number[] {
    const shared = targets.slice(0, 1);
    return ERRAND_KINDS[errand].isPlural ? [...this.#targets(1), ...shared] : shared;
  }
}

function requestOf(requestId: string, errand: Errand, targets: readonly number[]): RerunRequest {
  const { connection, operation } = ERRAND_KINDS[errand];
  return {
    ...{ requestId, provider: connection, operation: operation(targets) },
    ...{ requestedAt: Date.now(), requestedBy: "chaos", reason: null, priority: "NORMAL" },
    ...{ notBefore: null, notAfter: null, dryRun: false, force: false },
    ...{ replayOf: null, causedBy: null, correlationId: null, labels: {} },
  };
}

function flowOf(target: number): FlowSeed {
  return { flowId: String(target), instanceIds: [String(target)] };
}
