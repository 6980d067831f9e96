import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess, ServiceStatusPage } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, WEDATA, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt, rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata } from "../support/wire-requests.ts";

/** A connection with a secret that the provider does not know. */
const WRONG_SECRET = "wedata-wrong-secret";
/** A connection with a key that the provider does not know. */
const WRONG_KEY = "dataworks-wrong-key";
const CONCURRENT = 5;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-lanes",
    }),
    processes.simulator(),
  ]);
  const { tencentUrl, alibabaUrl } = simulator;
  const id = "${env:DEMO_TENCENT_ID}";
  service = await processes.readyService(
    configOf(
      topics.place,
      [
        wedataAt(tencentUrl, { callTimeout: "5m", maxConcurrentCalls: CONCURRENT }),
        dataworksAt(alibabaUrl),
        wedataAt(tencentUrl, {
          name: WRONG_SECRET,
          credentials: { type: "static", id, secret: "not-the-secret" },
        }),
        dataworksAt(alibabaUrl, {
          name: WRONG_KEY,
          credentials: { type: "static", id: "not-a-key", secret: "not-the-secret" },
        }),
      ],
      { drainTimeout: "10m" },
    ),
  );
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

async function laneOf(provider: string): Promise<ServiceStatusPage["lanes"][number]> {
  const { lanes } = await service.status();
  return lanes.find((lane) => lane.provider === provider)!;
}

const numbers = (from: bigint, count: number) =>
  Array.from({ length: count }, (_, n) => from + BigInt(n));

describe("credentials that the provider refuses", () => {
  it.each([
    [
      WRONG_SECRET,
      [1, 2, 3].map((n) => forWedata(`secret-${n}`, undefined, { provider: WRONG_SECRET })),
    ],
    [WRONG_KEY, [1n, 2n, 3n].map((n) => forDataworks(`key-${n}`, [n], { provider: WRONG_KEY }))],
  ])("hold the lane of %s, visibly", async (provider, requests) => {
    await topics.send(requests.slice(0, 1));
    await waitFor("the lane is held", async () => (await laneOf(provider)).held.length > 0);
    await topics.send(requests.slice(1));
    expect((await laneOf(provider)).held).toMatchObject([{ why: "credentials" }]);
    const held = sumOf(await fetchMetrics(service), "rerun_lane_held", { provider });
    expect(held).toBe(1);
    const labels = { provider, why: "credentials" };
    expect(sumOf(await fetchMetrics(service), "rerun_lane_held", labels)).toBe(1);
  });

  it("burn no request, and are not tried again and again", async () => {
    // Other lanes work meanwhile, so there was time for more calls and for outcomes.
    const ids = numbers(880_000n, 20);
    await topics.send(ids.map((id) => forDataworks(`beside-held-${id}`, [id])));
    await topics.finals(ids.map((id) => `beside-held-${id}`));
    const held = topics.outcomes.filter(({ outcome }) => /^(secret|key)-/.test(outcome.requestId));
    expect(held).toEqual([]);
    await waitFor("no probe is under way", async () => {
      const waiting = await Promise.all([WRONG_KEY, WRONG_SECRET].map(laneOf));
      return waiting.every((lane) => lane.waiting.NORMAL === 3);
    });
    const refused = (await callsAt(simulator)).filter(({ answer }) => answer === "refused");
    const { worstTimerLatenessMs, tickMs } = await simulator.admin.summary();
    // The first call found out, and probes come a second apart or more.
    const apartMs = 1000 - worstTimerLatenessMs - tickMs;
    for (const cloud of ["alibaba", "tencent"]) {
      const at = refused.filter((call) => call.cloud === cloud).map((call) => call.at);
      expect(at.length).toBeGreaterThan(0);
      expect(at.filter((one, n) => one - (at[n - 1] ?? -Infinity) < apartMs)).toEqual([]);
    }
  });
});

describe("a cloud that never answers", () => {
  it("leaves the other at full speed", async () => {
    await simulator.admin.inject({ kind: "hang", executed: true, filter: { cloud: "tencent" } });
    const hanging = Array.from({ length: 30 }, (_, n) => forWedata(`hangs-${n}`));
    await topics.send(hanging);
    await waitFor("calls hang", async () => (await laneOf(WEDATA)).inFlight === CONCURRENT);
    const ids = numbers(990_000n, 60);
    await topics.send(ids.map((id) => forDataworks(`beside-hanging-${id}`, [id])));
    const finals = await topics.finals(ids.map((id) => `beside-hanging-${id}`));
    expect(finals.map(({ status }) => status)).toEqual(ids.map(() => "SUCCEEDED"));

    expect(topics.outcomes.filter(({ outcome }) => outcome.requestId.startsWith("hangs-"))).toEqual(
      [],
    );
    expect(await laneOf(WEDATA)).toMatchObject({
      inFlight: CONCURRENT,
      waiting: { NORMAL: 30 - CONCURRENT },
    });
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  it("was asked once for each request", async () => {
    const calls = (await callsAt(simulator)).filter(({ answer }) => answer === "hang");
    expect(calls).toHaveLength(CONCURRENT);
    // Which of the three partitions is read first, and so which requests these are, nobody says.
    for (const { targets } of calls) {
      expect(targets).toEqual([expect.stringMatching(/^hangs-\d+_/)]);
      expect(await rerunsOf(simulator, targets[0]!)).toHaveLength(1);
    }
  });
});

describe("the rate limit", () => {
  it("held all the time, by the provider's count and by ours", async () => {
    const { worstTimerLatenessMs, tickMs } = await simulator.admin.summary();
    const windowMs = Math.max(1, 1000 - worstTimerLatenessMs - tickMs);
    const summary = await simulator.admin.summary({ windowMs });
    const dataworks = summary.busiestWindows.filter(({ cloud }) => cloud === "alibaba");
    expect(Math.max(...dataworks.map(({ reruns }) => reruns))).toBeLessThanOrEqual(20);
    const { samples } = await fetchMetrics(service);
    const starts = samples.filter(({ name }) => name === "rerun_call_starts_max_per_second");
    expect(starts).toHaveLength(4);
    const most = Math.max(...starts.map(({ value }) => value));
    expect(most).toBeLessThanOrEqual(20);
    expect(most).toBeGreaterThan(10);
  });
});
