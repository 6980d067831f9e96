import { type Bug, NO_BUG } from "./bugs.ts";
import { Random } from "./random.ts";
import { withGuards } from "./guarded-scenario.ts";
import { drawScenario } from "./scenario.ts";
import { withSharedLimits } from "./shared-limit-scenario.ts";
import { withVirtualGlobals } from "./virtual-globals.ts";
import { VirtualTime } from "./virtual-time.ts";
import { World } from "./world.ts";

/** How one run went. */
export interface Simulated {
  readonly seed: number;
  /** What must not be and was; null: all was as promised. */
  readonly violation: string | null;
  /** What happened, line by line. */
  readonly trace: readonly string[];
  readonly weather: string;
  /** Milliseconds of virtual time. */
  readonly tookMs: number;
}

/** So that the other draws of a seed stay as they are. */
const SHARED_SALT = 1_000_003;

/** Whatever is not done by then, long after all faults, never will be. */
const PATIENCE_MS = 900_000;

/**
 * One run, of which everything follows from the seed. Resolves whatever comes of it.
 *
 * While it runs, the process's timers and clocks are virtual for all that the run does: runs go one
 * after the other.
 */
export async function simulate(seed: number, bug: Bug = NO_BUG): Promise<Simulated> {
  const random = new Random(seed);
  const guarded = withGuards(new Random(~seed), drawScenario(random));
  const scenario = withSharedLimits(new Random(seed + SHARED_SALT), guarded);
  const time = new VirtualTime();
  const world = new World({ time, random, scenario, bug });
  const { alarm } = world;
  const rejected = (error: unknown): void => alarm.raise(`nobody handles ${textOf(error)}`);
  process.on("unhandledRejection", rejected);
  const undo = bug.install?.();
  try {
    await withVirtualGlobals(time, random, async () => {
      world.begin();
      const isOver = (): boolean => {
        return alarm.first !== null || world.isDone() || time.now > scenario.calmAt + PATIENCE_MS;
      };
      await time.run(isOver);
      if (alarm.first === null) world.checkEnd();
    });
  } catch (error) {
    alarm.raise(`something throws ${textOf(error)}`);
  } finally {
    undo?.();
    process.off("unhandledRejection", rejected);
  }
  const { lines } = world.trace;
  const weather = scenario.weather.name;
  return { seed, violation: alarm.first, trace: lines, weather, tookMs: time.now };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
