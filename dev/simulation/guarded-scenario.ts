import type { RerunRequest as WireRequest } from "../../src/avro/wire-types.ts";
import type { Config } from "../../src/config/config.ts";
import type { GuardLimits } from "../../src/domain/guard-limits.ts";
import type { Random } from "./random.ts";
import type { PlannedRecord, Scenario } from "./scenario.ts";

/** Requests that go past the guards, and those that were caused by another one. */
type Ask = Pick<WireRequest, "force" | "causedBy">;

/**
 * The same run with guards in a third of all, so narrow that they are felt: for each connection its
 * own, and some requests that go past them or were caused by others.
 */
export function withGuards(random: Random, scenario: Scenario): Scenario {
  if (!random.chance(1 / 3)) return scenario;
  const asks = new Map<string, Ask>();
  const records = scenario.records.map((record) => guarded(random, record, asks));
  return { ...scenario, config: guardedConfig(random, scenario.config), records };
}

function guardedConfig(random: Random, config: Config): Config {
  const providers = config.providers.map((one) => ({ ...one, guards: drawGuards(random) }));
  return { ...config, providers };
}

function drawGuards(random: Random): GuardLimits {
  const perMs = Math.round(random.magnitude(2000, 60_000));
  return {
    budget: random.chance(0.7) ? { reruns: random.whole(1, 3), perMs } : null,
    coolDownMs: random.chance(0.5) ? Math.round(random.magnitude(1000, 20_000)) : null,
    maxChain: random.chance(0.5) ? random.whole(0, 2) : null,
  };
}

/** All records of one id ask alike: anything else is drawn elsewhere. */
function guarded(random: Random, record: PlannedRecord, asks: Map<string, Ask>): PlannedRecord {
  const { request } = record;
  if (request === null) return record;
  const earlier = [...asks.keys()];
  const ask = asks.get(request.requestId) ?? {
    force: random.chance(0.1),
    causedBy: earlier.length > 0 && random.chance(0.4) ? random.pick(earlier) : null,
  };
  asks.set(request.requestId, ask);
  return { ...record, request: { ...request, ...ask } };
}
