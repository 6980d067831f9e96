import type { ProviderCounter } from "../provider-counter.ts";
import { type ControlledLane, LaneControl, type LaneControlParts } from "./lane-control.ts";

/** What is controlled of everything that serves a connection. */
export type ControlledCounter = Pick<ProviderCounter, "config" | "lane" | "limitTo" | "rate">;

/** What is known of the lanes beside what serves their connections. */
export interface LaneControlSurroundings extends Omit<LaneControlParts, "lanes"> {
  /** How many of a connection's requests wait outside of memory. */
  readonly outsideOf: (provider: string) => number;
}

/** The control of the lanes that serve these connections. Nothing is obeyed yet. */
export function createLaneControl(
  counters: readonly ControlledCounter[],
  { outsideOf, ...parts }: LaneControlSurroundings,
): LaneControl {
  const lanes = counters.map((counter) => controlled(counter, outsideOf));
  return new LaneControl({ ...parts, lanes });
}

function controlled(
  { config, lane, limitTo, rate }: ControlledCounter,
  outsideOf: LaneControlSurroundings["outsideOf"],
): ControlledLane {
  return {
    name: config.name,
    limitsOf: config.rateLimit.shareWith ?? config.name,
    limitTo,
    pause: (pause) => lane.pause(pause),
    lookAtClock: () => lane.lookAtClock(),
    state: () => ({
      waiting: Object.values(lane.depth).reduce((sum, requests) => sum + requests, 0),
      waitingOutsideOfMemory: outsideOf(config.name),
      inFlight: lane.inFlight,
      callsPerSecond: rate(),
      held: [...lane.held],
      breaker: lane.breaker,
    }),
  };
}
