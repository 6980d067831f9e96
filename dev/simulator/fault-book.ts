import { type Effect } from "./action.ts";
import { type Cloud } from "./credential.ts";
import { type Fault, isMishap, type Mishap } from "./fault.ts";
import { type RunOrder } from "./instance-book.ts";
import { type JobEnd } from "./job-book.ts";
import { type Product } from "./product.ts";

/** What a fault's filter is held against. */
export interface CallTraits {
  readonly cloud: Cloud;
  readonly product?: Product | "unknown";
  readonly action?: string;
  readonly version?: string;
  readonly accessKeyId?: string;
  readonly effect?: Effect | "unknown";
  readonly targets?: readonly string[];
}

/** An injected fault and how often it has hit. */
export interface FaultEntry {
  readonly id: number;
  readonly fault: Fault;
  readonly hits: number;
}

type RunOutcome = Extract<Fault, { kind: "run-outcome" }>;

/** All that goes wrong with one call; what concerns its runs is drawn when they start. */
export interface FaultDraw {
  readonly delayMs: number;
  readonly failingTargets: ReadonlySet<string>;
  readonly orderFor: (target: string) => RunOrder;
  readonly jobEnd?: JobEnd;
  readonly takeNewInstance: () => boolean;
  readonly mishap?: Mishap;
}

/** The faults in force, and the dice. */
export class FaultBook {
  #entries: { id: number; fault: Fault; hits: number }[] = [];
  #lastId = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Puts a fault in force, behind those that are. */
  add(fault: Fault): FaultEntry {
    this.#lastId += 1;
    const entry = { id: this.#lastId, fault, hits: 0 };
    this.#entries.push(entry);
    return { ...entry };
  }

  /** All injected faults since the last clearing, used-up ones included. */
  list(): FaultEntry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  clear(): void {
    this.#entries = [];
  }

  /** The first fault of this kind that hits, which counts as one of its hits. */
  take<Kind extends Fault["kind"]>(
    kind: Kind,
    call: CallTraits,
  ): Extract<Fault, { kind: Kind }> | undefined {
    const isOfKind = (fault: Fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind;
    return this.#hits(isOfKind, call).next().value;
  }

  /** Everything that goes wrong with this admitted call. */
  draw(call: CallTraits): FaultDraw {
    const isRerun = call.effect === "rerun";
    let delayMs = 0;
    for (const latency of this.#hits((fault) => fault.kind === "latency", call)) {
      delayMs += this.between(latency);
    }
    const failingTargets = new Set<string>();
    if (isRerun) {
      for (const partial of this.#hits((fault) => fault.kind === "partial-success", call)) {
        partial.targets.forEach((target) => failingTargets.add(target));
      }
    }
    const hasJob = isRerun && call.product === "wedata" && call.version === "2025-08-06";
    const jobEnd = hasJob ? this.take("job-outcome", call)?.outcome : undefined;
    const mishap = this.#hits(isMishap, call).next().value;
    return {
      delayMs,
      failingTargets,
      orderFor: this.#orders(call),
      takeNewInstance: () => this.take("new-instance", call) !== undefined,
      ...(jobEnd === undefined ? {} : { jobEnd }),
      ...(mishap === undefined ? {} : { mishap }),
    };
  }

  /** A time between the two, every one as likely as the others. */
  between({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
    return minMs + this.#random() * Math.max(0, maxMs - minMs);
  }

  // Drawn when the first run starts: a call that a mishap stops must not use these faults up.
  #orders(call: CallTraits): (target: string) => RunOrder {
    let drawn:
      { readonly hiddenForMs: number; readonly outcome: RunOutcome | undefined } | undefined;
    return (target) => {
      drawn ??= {
        hiddenForMs: this.take("evidence-lag", call)?.ms ?? 0,
        outcome: this.take("run-outcome", call),
      };
      const { hiddenForMs, outcome } = drawn;
      const isMeant = outcome?.targets?.includes(target) ?? true;
      return { hiddenForMs, ...(outcome !== undefined && isMeant ? { end: outcome.outcome } : {}) };
    };
  }

  // Lazy on purpose: a hit is counted only when the caller asks for it.
  *#hits<Wanted extends Fault>(
    isWanted: (fault: Fault) => fault is Wanted,
    call: CallTraits,
  ): Generator<Wanted, undefined> {
    for (const entry of this.#entries) {
      const { fault } = entry;
      const isLeft = fault.count === undefined || entry.hits < fault.count;
      if (isWanted(fault) && isLeft && matches(fault, call) && this.#falls(fault)) {
        entry.hits += 1;
        yield fault;
      }
    }
    return undefined;
  }

  #falls({ probability = 1 }: Fault): boolean {
    return probability >= 1 || this.#random() < probability;
  }
}

function matches({ filter = {} }: Fault, call: CallTraits): boolean {
  const { target, ...exact } = { target: undefined, ...filter };
  return (
    Object.entries(exact).every(
      ([name, value]) => value === undefined || Reflect.get(call, name) === value,
    ) &&
    (target === undefined || (call.targets ?? []).some((one) => one.includes(target)))
  );
}
