import { setTimeout as sleep } from "node:timers/promises";

import { CALL_TIMEOUT_MS } from "./chaos-config.ts";
import type { DeathPoint } from "./death-points.ts";
import type { Fleet } from "./fleet.ts";
import type { Load } from "./load.ts";
import type { Outage } from "./outage.ts";
import type { Random } from "./random.ts";
import type { Site } from "./site.ts";

/** What a mode plays on. */
export interface Stage {
  readonly mode: string;
  readonly site: Site;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly random: Random;
  /** How many requests are to come. */
  readonly requests: number;
  /** About how long it is to last. */
  readonly ms: number;
  /** Whether the run has time for what takes long to be settled, until its end. */
  readonly isUnhurried: boolean;
  /** The points at which processes have died so far, in any mode. */
  readonly reached: ReadonlyMap<DeathPoint, number>;
  readonly outages: Outage[];
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** A process that has lived for so long has work in its hands. */
const GROWN_MS = 2500;
const LOOK_EVERY_MS = 50;
/** Without work nobody comes by a point. */
const MORE_WORK_AFTER_MS = 2000;

/** Waits; rejects when the run is ended. */
export async function wait({ signal }: Pick<Stage, "signal">, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal });
}

/** SIGKILL to one process after the other, about so many milliseconds apart, until the instant. */
export async function killAtRandom(
  stage: Stage,
  { everyMs, until, except = [] }: { everyMs: number; until: number; except?: readonly number[] },
): Promise<void> {
  const { fleet, random } = stage;
  for (;;) {
    await wait(stage, everyMs * random.between(0.5, 1.5));
    if (performance.now() >= until) return;
    const grown = fleet.grown(GROWN_MS).filter((index) => !except.includes(index));
    const [victim] = random.shuffled(grown);
    if (victim !== undefined) fleet.kill(victim);
  }
}

/** Makes processes die at the point; resolves with whether one did in time. `feed` brings more work. */
export async function dieAt(
  stage: Stage,
  point: DeathPoint,
  { nth, withinMs, feed }: { nth: number; withinMs: number; feed: () => void },
): Promise<boolean> {
  const { fleet, reached } = stage;
  const before = reached.get(point) ?? 0;
  const since = performance.now();
  let fedAt = since;
  const hasDied = () => (reached.get(point) ?? 0) > before;
  // Those that are still starting hear it too.
  for (let n = nth; !hasDied() && performance.now() - since < withinMs; n = 1) {
    fleet.arm(point, n);
    const until = performance.now() + CALL_TIMEOUT_MS;
    while (!hasDied() && performance.now() < until) {
      await wait(stage, LOOK_EVERY_MS);
      if (performance.now() - fedAt < MORE_WORK_AFTER_MS) continue;
      fedAt = performance.now();
      feed();
    }
  }
  fleet.disarm();
  return hasDied();
}
