import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { configOf, type ConfigTree, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt, rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

const processes = new TestProcesses();
let simulator: SimulatorProcess;
beforeAll(async () => {
  simulator = await processes.simulator();
});
afterAll(async () => processes.close());

async function openTopics(name: string): Promise<ServiceTopics> {
  const shared = { brokers: inject("brokers"), registryUrl: inject("registryUrl") };
  return ServiceTopics.open({ ...shared, name: `service-stop-${name}` });
}

const has = (service: ServiceProcess, event: string) =>
  service.logLines.some((line) => line.includes(`"event":"${event}"`));

async function drainBegan(service: ServiceProcess): Promise<void> {
  await waitFor("the drain began", () => has(service, "drain.started"));
}

describe("SIGTERM with requests waiting and calls under way", () => {
  const COUNT = 120;
  const PARTITIONS = 3;
  const targets = Array.from({ length: COUNT }, (_, n) => 660_000n + BigInt(n));
  const idOf = (target: bigint) => `waiting-${target}`;
  let topics: ServiceTopics;
  let config: ConfigTree;
  beforeAll(async () => {
    topics = await openTopics("drain");
    config = configOf(topics.place, [dataworksAt(simulator.alibabaUrl)]);
  });
  afterAll(async () => topics.close());

  /** Where the request stands: `send` deals them out in turn. */
  const placeOf = (index: number) => ({
    partition: index % PARTITIONS,
    offset: BigInt(Math.floor(index / PARTITIONS)),
  });

  it("starts no further call, publishes what ends, commits what is done, and exits with 0", async () => {
    await simulator.admin.inject({ kind: "latency", minMs: 1500, maxMs: 1500 });
    const service = await processes.readyService(config);
    await topics.send(targets.map((target) => forDataworks(idOf(target), [target])));
    await waitFor("calls are under way", async () => (await callsAt(simulator)).length >= 10);
    service.signal("SIGTERM");
    await drainBegan(service);
    const callsAtDrain = (await callsAt(simulator)).length;
    expect(await service.ended).toBe(0);

    const calls = await callsAt(simulator);
    // A call that had its slot may have been between the service and the simulator.
    expect(calls.length - callsAtDrain).toBeLessThanOrEqual(2);
    const called = calls.flatMap((call) => call.targets).toSorted();
    expect(called.length).toBeLessThan(COUNT - 50);
    const finals = await topics.finals(called.map((target) => `waiting-${target}`));
    expect(finals.map(({ status }) => status)).toEqual(called.map(() => "SUCCEEDED"));
    expect(topics.outcomes.map(({ outcome }) => outcome.targets[0]?.target).toSorted()).toEqual(
      called,
    );

    // Everything below the first request of its partition that has no outcome.
    const done = new Set(called);
    const firstOpen = Array.from({ length: PARTITIONS }, (_, partition) =>
      targets.findIndex((target, n) => n % PARTITIONS === partition && !done.has(String(target))),
    );
    const committed = (await topics.offsets()).map((offsets) => BigInt(offsets.committed));
    expect(committed).toEqual(firstOpen.map((index) => placeOf(index).offset));
  });

  it("leaves the rest to the next process", async () => {
    await simulator.admin.clear();
    const service = await processes.readyService(config);
    const finals = await topics.finals(targets.map(idOf));
    expect(finals.map(({ status }) => status)).toEqual(targets.map(() => "SUCCEEDED"));
    await topics.allCommitted();
    expect(await service.stop()).toBe(0);

    const finalIds = topics.outcomes.map(({ outcome }) => outcome.outcomeId);
    expect(new Set(finalIds).size).toBe(COUNT);
    const { targets: counted } = await simulator.admin.summary();
    const arrivedAt = new Map(counted.map(({ target, arrived }) => [target, arrived]));
    expect(targets.filter((target) => arrivedAt.get(String(target)) !== 1)).toEqual([]);
  });
});

describe("a second SIGTERM", () => {
  it("ends the process although a call hangs and the drain has time", async () => {
    const topics = await openTopics("abandon");
    await simulator.admin.inject({ kind: "hang", executed: true, filter: { target: "hangs" } });
    // Longer than any test.
    const slow = { callTimeout: "5m" };
    const providers = [wedataAt(simulator.tencentUrl, slow)];
    const service = await processes.readyService(
      configOf(topics.place, providers, { drainTimeout: "10m" }),
    );
    await topics.send(forWedata("hangs"));
    const target = instanceKey("hangs");
    await waitFor("the call is made", async () => (await rerunsOf(simulator, target)).length === 1);
    service.signal("SIGTERM");
    await drainBegan(service);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    service.signal("SIGTERM");
    expect(await service.ended).toBe(1);
    expect(has(service, "service.left-unfinished")).toBe(true);
    expect((await topics.offsets()).map(({ committed }) => committed)).toEqual(["0", "0", "0"]);
    await topics.close();
  });
});

describe("SIGTERM while a job is followed", () => {
  it("leaves it to the next process, which follows it to its end, and exits with 0", async () => {
    const topics = await openTopics("job");
    const slow = await processes.simulator({ jobDurationMs: 9000 });
    const config = configOf(topics.place, [wedataAt(slow.tencentUrl)]);
    const first = await processes.readyService(config);
    await topics.send(forWedata("long-job"));
    await waitFor("the job is accepted", () => topics.of("long-job").length === 1);
    first.signal("SIGTERM");
    expect(await first.ended).toBe(0);
    expect(topics.of("long-job").map(({ outcome }) => outcome.status)).toEqual(["ACCEPTED"]);
    expect((await topics.offsets()).map(({ committed }) => committed)).toEqual(["0", "0", "0"]);

    const second = await processes.readyService(config);
    const final = await topics.final("long-job");
    expect(final).toMatchObject({ status: "SUCCEEDED", reconciled: false, attempts: 1 });
    await topics.allCommitted();
    expect(await second.stop()).toBe(0);
    const told = topics.of("long-job").map(({ outcome }) => outcome);
    expect(told.map(({ status }) => status)).toEqual(["ACCEPTED", "SUCCEEDED"]);
    expect(told[0]!.dispatcher).not.toBe(final.dispatcher);
    expect(await rerunsOf(slow, instanceKey("long-job"))).toHaveLength(1);
    await topics.close();
  });
});
