/** Monotonic milliseconds, and milliseconds since the epoch. */
export interface Clock {
  readonly now: () => number;
  readonly epoch: () => number;
}
