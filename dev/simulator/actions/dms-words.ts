import { type RunPhase } from "../instance-run.ts";
import { wallClock } from "../wall-clock.ts";

/** DMS' numbers for where a run stands; 2 is paused, 5 is complete. */
export const dmsStatuses: Readonly<Record<RunPhase, number>> = {
  waiting: 0,
  running: 1,
  failed: 3,
  succeeded: 4,
};

/** A moment as DMS prints it: whole seconds, UTC+8; nothing where there is none. */
export function dmsTime(epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : wallClock(epochMs, 8);
}
