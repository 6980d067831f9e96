import type { WindowSnapshot } from "./slot-window.ts";

/** All that a newcomer needs to go on from `position`. */
export interface SlotSnapshot {
  readonly position: bigint;
  readonly tp: number;
  readonly epoch: number | null;
  /** Nothing starts before it. */
  readonly floor: number;
  readonly keys: Readonly<Record<string, KeySnapshot>>;
}

/** Of one key. */
export interface KeySnapshot {
  readonly floor: number;
  readonly windows: Readonly<Record<string, WindowSnapshot>>;
}
