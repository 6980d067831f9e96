import type { VirtualEvent } from "./virtual-time.ts";

/**
 * Whoever does something in virtual time: one life of a process, or the world around.
 *
 * Its clocks are its own: both begin anywhere, and the wall clock may be set.
 */
export class Actor {
  readonly name: string;
  /** What its monotonic clock shows is ahead of virtual time by this. */
  readonly monotonicShift: number;
  /** Likewise its wall clock, ahead of the brokers' true time. */
  wallShift: number;
  /** It ended: nothing of it happens any more. */
  isGone = false;
  /** What waits for it to thaw; null while it is not frozen. */
  held: VirtualEvent[] | null = null;

  constructor(name: string, monotonicShift = 0, wallShift = 0) {
    this.name = name;
    this.monotonicShift = monotonicShift;
    this.wallShift = wallShift;
  }
}
