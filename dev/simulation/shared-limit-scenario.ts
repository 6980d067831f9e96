import type { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";

/** Somebody orders another limit for a connection at some process; null: as configured. */
export interface PlannedOrder {
  readonly at: number;
  readonly provider: string;
  readonly callsPerSecond: number | null;
}

const MOST_ORDERS = 6;
/** In a second: there are few requests in a run, and the limit is to be felt. */
const MOST_CALLS = 4;

/**
 * The same run where all processes keep one limit together, in a third of all: slots are reserved
 * through the same bad lines, and limits are lowered and raised meanwhile.
 */
export function withSharedLimits(random: Random, scenario: Scenario): Scenario {
  if (!random.chance(1 / 3)) return scenario;
  const providers = scenario.config.providers.map((one) => {
    return { ...one, rateLimit: { ...one.rateLimit, callsPerSecond: random.whole(1, MOST_CALLS) } };
  });
  const orders = Array.from({ length: random.whole(0, MOST_ORDERS) }, (): PlannedOrder => {
    const { name, rateLimit } = random.pick(providers);
    const lowered = random.whole(1, rateLimit.callsPerSecond);
    return {
      at: random.between(0, scenario.calmAt),
      ...{ provider: name, callsPerSecond: random.chance(0.7) ? lowered : null },
    };
  });
  const config = { ...scenario.config, providers, throttle: { scope: "group" as const } };
  return { ...scenario, config, orders };
}
