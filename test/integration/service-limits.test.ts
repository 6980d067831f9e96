import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, GROUP_SCOPE } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks } from "../support/wire-requests.ts";

const PARTITIONS = 4;
const COUNT = 120;
const LIMIT = 10;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
const services: ServiceProcess[] = [];

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-limits",
      partitions: PARTITIONS,
    }),
    processes.simulator(),
  ]);
  const connection = dataworksAt(simulator.alibabaUrl, {
    rateLimit: { callsPerSecond: LIMIT, totalPerSecond: 50 },
    coalesce: { maxInstances: 1 },
  });
  const config = configOf(topics.place, [connection], GROUP_SCOPE);
  services.push(...(await Promise.all([1, 2].map(async () => processes.readyService(config)))));
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

describe("two processes of a group", () => {
  it("never call more often together than one may, though both have a burst to work", async () => {
    const requests = Array.from({ length: COUNT }, (_, n) =>
      forDataworks(`burst-${n}`, [BigInt(700_000 + n)]),
    );
    await topics.send(requests);
    await topics.finals(requests.map(({ requestId }) => requestId));
    const reruns = (await simulator.admin.arrivals()).filter(({ effect }) => effect === "rerun");
    const { worstTimerLatenessMs, tickMs } = await simulator.admin.summary();
    // The simulator may have been kept from its clock for a while.
    const windowMs = Math.max(1, Math.floor(1000 - worstTimerLatenessMs - tickMs));
    const { busiestWindows } = await simulator.admin.summary({ windowMs });

    expect(reruns).toHaveLength(COUNT);
    expect(Math.max(...busiestWindows.map((window) => window.reruns))).toBeLessThanOrEqual(LIMIT);
    const used = await Promise.all(
      services.map(async (service) =>
        sumOf(await fetchMetrics(service), "rerun_slots_total", { end: "used" }),
      ),
    );
    expect(Math.min(...used)).toBeGreaterThan(0);
  });

  it("say in what scope they keep their limits, and what is allowed now", async () => {
    const [service] = services;
    const status = await service!.status();

    expect(status).toMatchObject({ ready: true, throttle: { scope: "group" } });
    expect(status.lanes[0]?.callsPerSecond).toBe(LIMIT);
    await waitFor("nothing is under way", async () => {
      const { lanes } = await service!.status();
      return lanes.every(({ inFlight }) => inFlight === 0);
    });
  });
});
