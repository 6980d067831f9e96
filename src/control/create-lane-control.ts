import type { ProviderCounter } from "../provider-counter.ts";
import { type ControlledLane, LaneControl, type LaneControlParts } from "./lane-control.ts";

/** The control of the lanes that serve these connections. Nothing is obeyed yet. */
export function createLaneControl(
  counters: readonly ProviderCounter[],
  parts: Omit<LaneControlParts, "lanes">,
): LaneControl {
  return new LaneControl({ ...parts, lanes: counters.map(controlled) });
}

function controlled({ config, lane, limitTo, rate }: ProviderCounter): ControlledLane {
  return {
    name: config.name,
    limitsOf: config.rateLimit.shareWith ?? config.name,
    limitTo,
    pause: (pause) => lane.pause(pause),
    lookAtClock: () => lane.lookAtClock(),
    state: () => ({
      waiting: Object.values(lane.depth).reduce((sum, requests) => sum + requests, 0),
      inFlight: lane.inFlight,
      callsPerSecond: rate(),
      held: [...lane.held],
      breaker: lane.breaker,
    }),
  };
}
