import type { Dispatcher } from "../../src/dispatcher.ts";
import type { Clock } from "../../src/lanes/clock.ts";

/** A mistake that can be planted into the dispatcher, to see that it is found. */
export interface Bug {
  /** Changes what all processes share, such as prototypes; the returned function undoes it. */
  readonly install?: () => () => void;
  /** Changes one process's dispatcher, before it begins. */
  readonly plant?: (dispatcher: Dispatcher) => void;
  /** The clock that the process goes by. */
  readonly clock?: (clock: Clock) => Clock;
}

/** No mistake but those that nobody knows of. */
export const NO_BUG: Bug = {};
