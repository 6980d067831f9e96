import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { conflictingOutcomes, notCalledOnce, withoutOneEnd } from "../support/kept-promises.ts";
import {
  configOf,
  type ConfigTree,
  dataworksAt,
  inQuickGroup,
  QUICK_CALLS,
  QUICK_CLAIMS,
  wedataAt,
} from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt, rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

const EVIDENCE = { evidence: { before: "always", interval: "200ms" } };

const processes = new TestProcesses();
const opened: ServiceTopics[] = [];
afterAll(async () => {
  await processes.close();
  await Promise.all(opened.map(async (topics) => topics.close()));
});

async function openTopics(name: string): Promise<ServiceTopics> {
  const shared = { brokers: inject("brokers"), registryUrl: inject("registryUrl") };
  const topics = await ServiceTopics.open({ ...shared, name: `service-deaths-${name}` });
  opened.push(topics);
  return topics;
}

async function kill(service: ServiceProcess): Promise<void> {
  service.signal("SIGKILL");
  await service.ended;
}

describe(
  "processes that are killed and stopped in the middle of the work",
  { timeout: 150_000 },
  () => {
    const requests = Array.from({ length: 90 }, (_, n) => {
      const target = 440_000n + BigInt(n);
      return n % 2 === 0
        ? { request: forWedata(`work-${n}`), target: instanceKey(`work-${n}`) }
        : { request: forDataworks(`work-${n}`, [target]), target: String(target) };
    });
    const ids = requests.map(({ request }) => request.requestId);
    let topics: ServiceTopics;
    let simulator: SimulatorProcess;
    let config: ConfigTree;
    beforeAll(async () => {
      [topics, simulator] = await Promise.all([openTopics("work"), processes.simulator()]);
      const more = { ...QUICK_CALLS, ...EVIDENCE };
      const { tencentUrl, alibabaUrl } = simulator;
      const providers = [wedataAt(tencentUrl, more), dataworksAt(alibabaUrl, more)];
      config = inQuickGroup(configOf(topics.place, providers, QUICK_CLAIMS));
      // The work is done at once, so that a process dies between a rerun and its answer.
      await simulator.admin.inject({
        ...{ kind: "latency", minMs: 200, maxMs: 400 },
        filter: { effect: "rerun" },
      });
    });

    const untilCalled = async (count: number) =>
      waitFor(`${count} are called`, async () => (await callsAt(simulator)).length >= count);

    it("leave to the next ones what is not done, and every request ends", async () => {
      await topics.send(requests.map(({ request }) => request));
      const first = await processes.readyService(config);
      await untilCalled(20);
      await kill(first);
      const second = await processes.readyService(config);
      await untilCalled(45);
      expect(await second.stop()).toBe(0);
      const third = await processes.readyService(config);
      await untilCalled(65);
      await kill(third);
      const last = await processes.readyService(config);
      await topics.finals(ids);
      await topics.allCommitted();
      expect(await last.stop()).toBe(0);
    });

    it("make nothing be called twice", async () => {
      const { targets } = await simulator.admin.summary();
      expect(targets.filter(({ arrived }) => arrived > 1)).toEqual([]);
    });

    it("leave one distinct final outcome of every request, which says what the provider did", async () => {
      expect(withoutOneEnd(topics, ids)).toEqual([]);
      expect(conflictingOutcomes(topics)).toEqual([]);
      const { targets } = await simulator.admin.summary();
      const ran = new Set(
        targets.filter(({ executed }) => executed > 0).map(({ target }) => target),
      );
      const finals = await topics.finals(ids);
      const told = finals.map(({ status, reason }) => reason?.code ?? status);
      const expected = requests.map(({ target }) =>
        ran.has(target) ? "SUCCEEDED" : "NOT_EXECUTED",
      );
      expect(told).toEqual(expected);
    });
  },
);

describe("a process that is killed with calls under way", { timeout: 150_000 }, () => {
  /** The same cloud, read never, so that nothing can be compared with. */
  const BLIND = "dataworks-blind";
  const TRIES = { maxAttempts: 4, firstDelay: "20ms", maxDelay: "100ms" };
  /** The first call that hangs must not end before the process is killed, however busy the machine is. */
  const LONG_CALLS = { connectTimeout: "1s", callTimeout: "10s" };
  const [ran, neverRan, blind, tries] = [770_001n, 770_002n, 770_003n, 770_004n];
  let topics: ServiceTopics;
  let simulator: SimulatorProcess;
  let config: ConfigTree;

  const arrived = async (target: bigint | string) => rerunsOf(simulator, String(target));

  beforeAll(async () => {
    [topics, simulator] = await Promise.all([
      openTopics("calls"),
      processes.simulator({ jobDurationMs: 20_000 }),
    ]);
    const { tencentUrl, alibabaUrl } = simulator;
    const dataworks = (more: ConfigTree) =>
      dataworksAt(alibabaUrl, { ...LONG_CALLS, retry: TRIES, ...more });
    const providers = [
      wedataAt(tencentUrl, QUICK_CALLS),
      dataworks(EVIDENCE),
      dataworks({ name: BLIND }),
    ];
    config = inQuickGroup(configOf(topics.place, providers, QUICK_CLAIMS));
    for (const [target, executed] of [
      [ran, true],
      [neverRan, false],
      [blind, true],
    ] as const) {
      const filter = { effect: "rerun", target: String(target) } as const;
      await simulator.admin.inject({ kind: "hang", executed, filter });
    }
    const filter = { effect: "rerun", target: String(tries) } as const;
    await simulator.admin.inject({ kind: "throttle", count: 1, filter });
    // The wait that the provider asks for is longer than the process lives.
    await simulator.admin.inject({ kind: "throttle", count: 1, retryAfterMs: 60_000, filter });
    await simulator.admin.inject({ kind: "throttle", filter });
  });

  it("dies, and another one comes", async () => {
    const died = await processes.readyService(config);
    await topics.send([
      forDataworks("ran", [ran]),
      forDataworks("never-ran", [neverRan]),
      forDataworks("blind", [blind], { provider: BLIND }),
      forDataworks("tries", [tries]),
      forWedata("job"),
    ]);
    await waitFor("a job is accepted", () => topics.of("job").length === 1);
    await waitFor("three calls hang, and the last try is given back", async () => {
      const calls = await Promise.all([ran, neverRan, blind].map(arrived));
      const { journal } = await died.status();
      const isGivenBack = (await arrived(tries)).length === 2 && journal?.drivenClaims === 3;
      return calls.every(({ length }) => length === 1) && isGivenBack;
    });
    await kill(died);
    expect(topics.outcomes).toHaveLength(1);
    await processes.readyService(config);
  });

  it("has a call that ran judged by what was read before it, and not repeated", async () => {
    expect(await topics.final("ran")).toMatchObject({
      ...{ status: "SUCCEEDED", reason: null, reconciled: true, attempts: 1 },
      targets: [{ target: String(ran), status: "SUCCEEDED" }],
    });
  });

  it("has a call of which nothing was read told as uncertain, and not repeated", async () => {
    expect(await topics.final("blind")).toMatchObject({
      ...{ status: "UNKNOWN", reason: { code: "CALL_UNCERTAIN" }, reconciled: false, attempts: 1 },
      targets: [{ target: String(blind), status: "UNKNOWN" }],
    });
  });

  it("leaves the number of tries to the next one, so that there are never more than allowed", async () => {
    expect(await topics.final("tries")).toMatchObject({
      ...{ status: "FAILED", reason: { code: "RETRIES_EXHAUSTED" }, attempts: 4 },
      targets: [{ target: String(tries), status: "FAILED" }],
    });
    expect(await arrived(tries)).toHaveLength(4);
  });

  it("leaves its accepted job to another one, which follows it to its end", async () => {
    expect(await topics.final("job")).toMatchObject({ status: "SUCCEEDED", reconciled: false });
    const told = topics.of("job").map(({ outcome }) => outcome);
    expect(told.map(({ status }) => status)).toEqual(["ACCEPTED", "SUCCEEDED"]);
    expect(told[0]!.dispatcher).not.toBe(told[1]!.dispatcher);
    expect(await arrived(instanceKey("job"))).toHaveLength(1);
  });

  it("has a call that did not run judged so once that is proven, and not repeated", async () => {
    expect(await topics.final("never-ran")).toMatchObject({
      ...{ status: "FAILED", reason: { code: "NOT_EXECUTED" }, reconciled: true, attempts: 1 },
      targets: [{ target: String(neverRan), status: "FAILED" }],
    });
  });

  it("left every offset to be committed in the end, and nothing called twice", async () => {
    await topics.allCommitted();
    const once = [ran, neverRan, blind].map(String);
    expect(await notCalledOnce(simulator, [...once, instanceKey("job")])).toEqual([]);
    expect(withoutOneEnd(topics, ["ran", "never-ran", "blind", "tries", "job"])).toEqual([]);
    expect(conflictingOutcomes(topics)).toEqual([]);
  });
});
