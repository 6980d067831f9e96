import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";
import { conflictingOutcomes } from "../support/kept-promises.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, type ConfigTree, dataworksAt } from "../support/service-config.ts";
import { ServiceTopics } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks } from "../support/wire-requests.ts";

/** A connection of its own with a cool-down instead of a budget. */
const COOLING = "dataworks-cooling";
/** Longer than an outcome and the next request need on a busy machine: that one has to come too early. */
const COOL_DOWN = "10s";

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let services: readonly ServiceProcess[];

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-guards",
      partitions: 2,
    }),
    processes.simulator(),
  ]);
  const { alibabaUrl } = simulator;
  config = configOf(
    topics.place,
    [
      dataworksAt(alibabaUrl),
      dataworksAt(alibabaUrl, { name: COOLING, guards: { budget: null, coolDown: COOL_DOWN } }),
    ],
    { guards: { budget: { reruns: 2, per: "1h" }, maxChain: 1 } },
  );
  services = await startTwo();
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

async function startTwo(): Promise<readonly ServiceProcess[]> {
  return Promise.all([processes.readyService(config), processes.readyService(config)]);
}

/** The final outcomes of requests that are asked for one after the other, in alternating partitions. */
async function inTurn(requests: readonly RerunRequest[]): Promise<readonly RerunOutcome[]> {
  const outcomes: RerunOutcome[] = [];
  for (const [index, request] of requests.entries()) {
    await topics.send(request, { partition: index % 2 });
    outcomes.push(await topics.final(request.requestId));
  }
  return outcomes;
}

/** Status and reason of each. */
function told(outcomes: readonly RerunOutcome[]): readonly string[] {
  return outcomes.map(({ status, reason }) => [status, reason?.code].join(" ").trimEnd());
}

async function callsOf(target: bigint): Promise<number> {
  return (await rerunsOf(simulator, String(target))).length;
}

describe("a budget", () => {
  const ask = (id: string, about: Partial<RerunRequest> = {}) => forDataworks(id, [5001n], about);

  it("is shared by two instances, and told when it is used up", async () => {
    const outcomes = await inTurn(["budget-1", "budget-2", "budget-3"].map((id) => ask(id)));

    expect(told(outcomes)).toEqual(["SUCCEEDED", "SUCCEEDED", "SUPPRESSED BUDGET_EXCEEDED"]);
    expect(await callsOf(5001n)).toBe(2);
    expect(outcomes[2]).toMatchObject({
      ...{ attempts: 0, calledAt: null },
      targets: [{ target: "5001", status: "SUPPRESSED" }],
    });
    expect(outcomes[2]?.reason?.message).toMatch(
      /called 2 times within 1h.*ask again after 20\d\d-/,
    );
  });

  it("holds after both instances were started anew", async () => {
    for (const service of services) expect(await service.stop()).toBe(0);
    services = await startTwo();

    expect(told(await inTurn([ask("budget-4"), ask("budget-5")]))).toEqual([
      ...["SUPPRESSED BUDGET_EXCEEDED", "SUPPRESSED BUDGET_EXCEEDED"],
    ]);
    expect(await callsOf(5001n)).toBe(2);
    const pages = await Promise.all(services.map(fetchMetrics));
    for (const page of pages) expect(sumOf(page, "rerun_guard_targets")).toBeGreaterThan(0);
  });

  it("leaves only the targets out that are over it", async () => {
    const [outcome] = await inTurn([forDataworks("budget-6", [5001n, 5002n, 5003n])]);

    expect(told([outcome!])).toEqual(["PARTIALLY_SUCCEEDED TARGETS_SUPPRESSED"]);
    expect(outcome?.targets).toMatchObject([
      { target: "5002", status: "SUCCEEDED" },
      { target: "5003", status: "SUCCEEDED" },
      { target: "5001", status: "SUPPRESSED" },
    ]);
    expect([await callsOf(5001n), await callsOf(5002n)]).toEqual([2, 1]);
  });

  it("is passed by force, which the next one without it is not", async () => {
    const outcomes = await inTurn([ask("budget-7", { force: true }), ask("budget-8")]);

    expect(told(outcomes)).toEqual(["SUCCEEDED", "SUPPRESSED BUDGET_EXCEEDED"]);
    expect(await callsOf(5001n)).toBe(3);
  });

  it("is not eaten by calls that were throttled", async () => {
    await simulator.admin.inject({ kind: "throttle", count: 3, filter: { target: "5004" } });
    const outcomes = await inTurn(
      ["budget-9", "budget-10", "budget-11"].map((id) => forDataworks(id, [5004n])),
    );

    expect(told(outcomes)).toEqual(["SUCCEEDED", "SUCCEEDED", "SUPPRESSED BUDGET_EXCEEDED"]);
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([4, 1, 0]);
  });
});

describe("a chain", () => {
  it("is as long as it may be, and no longer", async () => {
    const outcomes = await inTurn([
      forDataworks("chain-0", [6000n]),
      forDataworks("chain-1", [6001n], { causedBy: "chain-0" }),
      forDataworks("chain-2", [6002n], { causedBy: "chain-1" }),
      forDataworks("chain-3", [6003n], { causedBy: "chain-2" }),
      forDataworks("chain-4", [6004n], { causedBy: "chain-1", force: true }),
    ]);

    expect(told(outcomes)).toEqual([
      ...["SUCCEEDED", "SUCCEEDED", "SUPPRESSED CHAIN_LIMIT", "SUPPRESSED CHAIN_LIMIT"],
      "SUCCEEDED",
    ]);
  });
});

describe("a cool-down of one connection", () => {
  const ask = (id: string) => forDataworks(id, [7001n], { provider: COOLING });

  it("forbids the next rerun, and allows it when it is over by the brokers' time", async () => {
    const early = await inTurn([ask("cool-1"), ask("cool-2")]);
    const until = Date.parse(/after (\S+),/.exec(early[1]?.reason?.message ?? "")?.[1] ?? "");
    expect(told(early)).toEqual(["SUCCEEDED", "SUPPRESSED COOLING_DOWN"]);

    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now())));
    expect(told(await inTurn([ask("cool-3")]))).toEqual(["SUCCEEDED"]);
    expect(await callsOf(7001n)).toBe(2);
  });
});

describe("whatever was suppressed", () => {
  it("has one outcome only", () => {
    expect(conflictingOutcomes(topics)).toEqual([]);
  });
});
