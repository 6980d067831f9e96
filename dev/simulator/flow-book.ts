/** Instances of one flow that are known from the start. */
export interface FlowSeed {
  readonly flowId: string;
  readonly instanceIds: readonly string[];
}

/**
 * Which instances belong to which flow: DMS lists by task flow, WeData names the workflow of a run.
 *
 * An instance becomes known to a flow when it is seeded or when a call names both of them (a rerun,
 * a read of its nodes). A flow that nobody named has none.
 */
export class FlowBook {
  readonly #seeds: readonly FlowSeed[];
  readonly #flows = new Map<string, Set<string>>();
  readonly #made = new Set<string>();

  constructor(seeds: readonly FlowSeed[] = []) {
    this.#seeds = seeds;
    this.clear();
  }

  /** Makes instances known to a flow; those known already stay where they are in its order. */
  seed({ flowId, instanceIds }: FlowSeed): void {
    const known = this.#flows.get(flowId) ?? new Set();
    instanceIds.forEach((id) => known.add(id));
    this.#flows.set(flowId, known);
  }

  /** Makes an instance known that a rerun made. */
  addMade(flowId: string, instanceId: string): void {
    this.seed({ flowId, instanceIds: [instanceId] });
    this.#made.add(instanceId);
  }

  /** Whether a rerun made this instance, and no schedule. */
  isMade(instanceId: string): boolean {
    return this.#made.has(instanceId);
  }

  /** In the order in which they became known. */
  instancesOf(flowId: string): readonly string[] {
    return [...(this.#flows.get(flowId) ?? [])];
  }

  /** The first flow that knows this instance. */
  flowOf(instanceId: string): string | undefined {
    return [...this.#flows].find(([, known]) => known.has(instanceId))?.[0];
  }

  /** Forgets all but the seeds from the start. */
  clear(): void {
    this.#flows.clear();
    this.#made.clear();
    this.#seeds.forEach((one) => this.seed(one));
  }
}
