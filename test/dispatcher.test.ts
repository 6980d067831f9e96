import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { embeddedBackbone } from "../dev/embedded/embedded-backbone.ts";
import { EmbeddedCluster } from "../dev/embedded/embedded-cluster.ts";
import { EmbeddedRegistry } from "../dev/embedded/embedded-registry.ts";
import type { Link } from "../dev/embedded/link.ts";
import { Random } from "../dev/simulation/random.ts";
import { silentMetrics } from "../dev/simulation/silent-metrics.ts";
import { simulatedConfig } from "../dev/simulation/simulated-config.ts";
import { loadSchemas } from "../src/avro/schemas.ts";
import { createDispatcher } from "../src/dispatcher.ts";
import { recover } from "../src/journal/recover.ts";
import { silentLog } from "../src/observability/silent-log.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A dispatcher on brokers that answer nothing while `areAway` says so. */
async function aDispatcher(areAway: () => boolean) {
  const config = simulatedConfig(new Random(1), 60_000);
  const { topics } = config.kafka;
  const schemas = loadSchemas(topics);
  const link: Link = {
    exchange: async (_errand, serve) => {
      if (areAway()) throw new Error("connect ECONNREFUSED");
      return serve();
    },
  };
  const partitions = { requests: 1, journal: 2 };
  const abandon = new AbortController();
  const backbone = embeddedBackbone({
    cluster: new EmbeddedCluster({ topics, partitions, now: Date.now }),
    registry: new EmbeddedRegistry([schemas.requests, schemas.outcomes]),
    ...{ link, signal: abandon.signal },
  });
  const failures: unknown[] = [];
  const states = await recover(new Map(), backbone.journal);
  const dispatcher = createDispatcher({
    ...{ config, backbone, schemas, states, providers: [], checkpoint: new Map() },
    ...{
      requestPartitions: 1,
      requestsRetentionMs: Infinity,
      maxRequestBytes: 1_000_000,
      instance: "a",
      version: "0",
    },
    ...{ metrics: silentMetrics, log: silentLog, random: () => 0 },
    clock: { now: () => performance.now(), epoch: () => Date.now() },
    ...{ abandon: abandon.signal, onFailure: (error: unknown) => void failures.push(error) },
  });
  return { dispatcher, failures, abandon: () => abandon.abort(new Error("over")) };
}

describe("a dispatcher whose brokers go away right before it begins", () => {
  it("waits for them, and begins when they are back", async () => {
    let areAway = false;
    const { dispatcher, failures, abandon } = await aDispatcher(() => areAway);
    areAway = true;
    let hasBegun = false;
    const beginning = dispatcher.start().then(() => (hasBegun = true));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hasBegun).toBe(false);
    areAway = false;
    await vi.advanceTimersByTimeAsync(5000);
    await beginning;
    expect(dispatcher.replica.isOpen).toBe(true);
    expect(failures).toEqual([]);
    abandon();
  });
});
