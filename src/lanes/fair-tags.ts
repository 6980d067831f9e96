import { PRIORITIES } from "../domain/rerun-request.ts";

/** Below this many flows it is not worth to look for those that nobody needs. */
const LOOK_FROM = 1024;

/**
 * What one requester asked for in one priority. Requests that have risen to a higher level stay with
 * the flow of their own priority: a requester's urgent one shares the turns with its own old ones,
 * and does not stand behind all of them.
 */
export interface Flow {
  readonly requester: string;
  /** Index in PRIORITIES. */
  readonly rank: number;
  /** The last tag that was given, by level. */
  readonly last: number[];
  /** How many of its requests are in the lane. */
  requests: number;
}

/**
 * Start-time fair queueing, by requests: within one level each request gets a tag, one more than the
 * last of its flow, and never below what the level has reached; lower tags go first. So whoever asks
 * for the first time waits for about one request of each other flow, however many those have waiting.
 *
 * Bounded: a flow without requests that its levels have caught up with says nothing, and goes.
 */
export class FairTags {
  /** By the index of the priority, then by requester. */
  readonly #flows = PRIORITIES.map(() => new Map<string, Flow>());
  /** What each level has reached: the tag of the last one taken. */
  readonly #reached = PRIORITIES.map(() => 0);
  /** The highest tag that each level has given. */
  readonly #highest = PRIORITIES.map(() => 0);
  #count = 0;
  #lookAt = LOOK_FROM;

  /** How many flows are known. */
  get size(): number {
    return this.#count;
  }

  /** The flow that one more request belongs to. */
  enter(requester: string, rank: number): Flow {
    const flows = this.#flowsOf(rank);
    let flow = flows.get(requester);
    if (flow === undefined) {
      this.#forgetIdle();
      flow = { requester, rank, last: PRIORITIES.map(() => 0), requests: 0 };
      flows.set(requester, flow);
      this.#count += 1;
    }
    flow.requests += 1;
    return flow;
  }

  /** One of its requests is in the lane no more. */
  leave(flow: Flow): void {
    flow.requests -= 1;
  }

  /** The tag of the flow's next request at this level. */
  next(flow: Flow, level: number): number {
    const tag = Math.max(flow.last[level] ?? 0, this.#reached[level] ?? 0) + 1;
    flow.last[level] = tag;
    this.#highest[level] = Math.max(this.#highest[level] ?? 0, tag);
    return tag;
  }

  /** The tag of one that goes behind all that wait at this level now. */
  behindAll(level: number): number {
    return this.#highest[level] ?? 0;
  }

  /** The level has come to this tag. */
  reach(level: number, tag: number): void {
    this.#reached[level] = Math.max(this.#reached[level] ?? 0, tag);
  }

  #forgetIdle(): void {
    if (this.#count < this.#lookAt) return;
    for (const flows of this.#flows) {
      for (const [requester, flow] of flows) {
        const isAhead = flow.last.some((tag, level) => tag > (this.#reached[level] ?? 0));
        if (flow.requests === 0 && !isAhead && flows.delete(requester)) this.#count -= 1;
      }
    }
    // So that looking costs a constant for each new flow, however many must stay.
    this.#lookAt = Math.max(LOOK_FROM, 2 * this.#count);
  }

  #flowsOf(rank: number): Map<string, Flow> {
    const flows = this.#flows[rank];
    if (flows === undefined) throw new Error(`there is no priority ${rank}`);
    return flows;
  }
}
