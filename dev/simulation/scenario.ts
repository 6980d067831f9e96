import type { RerunRequest as WireRequest } from "../../src/avro/wire-types.ts";
import type { Config } from "../../src/config/config.ts";
import type { Random } from "./random.ts";
import type { PlannedOrder } from "./shared-limit-scenario.ts";
import { simulatedConfig } from "./simulated-config.ts";
import { drawWeather, type Weather } from "./weather.ts";

/** A record of the requests topic, and when it is written. */
export interface PlannedRecord {
  readonly at: number;
  readonly partition: number;
  /** Null: the record is a tombstone, which nobody can work. */
  readonly request: WireRequest | null;
}

/** What one run is about; everything in it follows from the seed. */
export interface Scenario {
  readonly config: Config;
  readonly partitions: { readonly requests: number; readonly journal: number };
  /** How many processes there are at first. */
  readonly processes: number;
  /** How many of them run on once the faults are over. */
  readonly survivors: number;
  readonly records: readonly PlannedRecord[];
  readonly weather: Weather;
  /** When the faults are over. */
  readonly calmAt: number;
  /** How often somebody ends a stretch of the journal. */
  readonly seals: number;
  readonly longestFreezeMs: number;
  readonly orders: readonly PlannedOrder[];
}

/** Long enough that nothing is forgotten in a run. */
const LONG_WINDOW_MS = 3_600_000;
/**
 * Short enough for a run, and longer than anything is late in it: in earnest it is a day or more, and
 * no copy of a record comes so late.
 */
const SHORT_WINDOW_MS = 30_000;
const WRITTEN_WITHIN_MS = 15_000;

/** Draws what one run is about. */
export function drawScenario(random: Random): Scenario {
  // Forgetting lets ids be used again: then nobody uses one twice.
  const forgets = random.chance(0.15);
  const partitions = { requests: random.whole(1, 3), journal: random.whole(1, 2) };
  const config = simulatedConfig(random, forgets ? SHORT_WINDOW_MS : LONG_WINDOW_MS);
  const requests = drawRequests(random, config);
  const records: PlannedRecord[] = requests.flatMap((request) => {
    const copies = forgets || random.chance(0.6) ? [request] : drawCopies(random, request);
    const at = random.between(0, WRITTEN_WITHIN_MS);
    const isAtOnce = random.chance(0.5);
    return copies.map((copy) => ({
      at: isAtOnce ? at : random.between(0, WRITTEN_WITHIN_MS),
      partition: random.whole(0, partitions.requests - 1),
      request: copy,
    }));
  });
  if (random.chance(0.1)) {
    const partition = random.whole(0, partitions.requests - 1);
    records.push({ at: random.between(0, WRITTEN_WITHIN_MS), partition, request: null });
  }
  const processes = random.whole(1, 3);
  return {
    ...{ config, partitions, processes },
    survivors: random.chance(0.3) ? random.whole(1, processes) : processes,
    records: records.toSorted((a, b) => a.at - b.at),
    weather: drawWeather(random),
    calmAt: random.between(WRITTEN_WITHIN_MS, 60_000) + (forgets ? 60_000 : 0),
    seals: forgets || random.chance(0.4) ? random.whole(1, 5) : 0,
    longestFreezeMs: forgets ? 10_000 : 90_000,
    orders: [],
  };
}

function drawRequests(random: Random, { providers }: Config): readonly WireRequest[] {
  const targets = Array.from({ length: random.whole(3, 14) }, (_, i) => BigInt(i + 1));
  return Array.from({ length: random.whole(5, 20) }, (_, index) => {
    const instanceIds = random.shuffled(targets).slice(0, random.whole(1, 3));
    const isUnknown = random.chance(0.03);
    return {
      requestId: `r${index + 1}`,
      provider: isUnknown ? "nobody" : random.pick(providers).name,
      operation: operationOn(instanceIds),
      ...{ requestedAt: 0, requestedBy: "simulation", reason: null, notBefore: null },
      priority: random.pick(["LOW", "NORMAL", "HIGH"]),
      notAfter: random.chance(0.08) ? Date.UTC(2026, 0, 1) + random.whole(1000, 40_000) : null,
      ...{ dryRun: random.chance(0.03), force: false, replayOf: null, causedBy: null },
      ...{ correlationId: null, labels: {} },
    };
  });
}

/** The request and others with its id: the same again, or something else. */
function drawCopies(random: Random, request: WireRequest): readonly WireRequest[] {
  return Array.from({ length: random.whole(2, 3) }, () => {
    if (random.chance(0.8)) return request;
    return { ...request, operation: operationOn([BigInt(random.whole(1, 3))]) };
  });
}

function operationOn(instanceIds: readonly bigint[]): WireRequest["operation"] {
  const options = { comment: null, useLatestConfig: null };
  return { "rerun.v1.DataWorksRerunTaskInstances": { instanceIds, ...options } };
}
