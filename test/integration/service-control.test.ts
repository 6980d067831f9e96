import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import { parseOrder } from "../../src/control/lane-order.ts";
import { createKafka } from "../../src/kafka/client.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import type { ServiceProcess, ServiceStatusPage } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { aCheckpointStore } from "../kafka/a-checkpoint-store.ts";
import { aKafkaConfig } from "../kafka/a-kafka-config.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { type CommandEnd, runCommand } from "../support/run-command.ts";
import {
  configOf,
  GROUP_SCOPE,
  type ConfigTree,
  DATAWORKS,
  dataworksAt,
  SERVICE_ENV,
  WEDATA,
  wedataAt,
} from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { TcpDoor } from "../support/tcp-door.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata } from "../support/wire-requests.ts";

/** A connection whose way leads through a door. */
const BEHIND_DOOR = "wedata-behind-door";
const MAX_ATTEMPTS = 4;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let door: TcpDoor;
let config: ConfigTree;
let configFile: string;
let first: ServiceProcess;
let second: ServiceProcess;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-control",
    }),
    processes.simulator(),
  ]);
  const { tencentUrl, alibabaUrl } = simulator;
  door = await TcpDoor.to("127.0.0.1", Number(new URL(tencentUrl).port));
  const connections = [
    wedataAt(tencentUrl),
    dataworksAt(alibabaUrl),
    wedataAt(`http://127.0.0.1:${door.port}`, {
      name: BEHIND_DOOR,
      breaker: { failures: 3, openFor: "300ms" },
      retry: { maxAttempts: MAX_ATTEMPTS, firstDelay: "20ms", maxDelay: "100ms" },
    }),
  ];
  config = configOf(topics.place, connections, GROUP_SCOPE);
  configFile = processes.configFile(config);
  [first, second] = await Promise.all([
    processes.readyService(config),
    processes.readyService(config),
  ]);
});
afterAll(async () => {
  await processes.close();
  await door.shut();
  await topics.close();
});

async function lanes(...args: readonly string[]): Promise<CommandEnd> {
  return runCommand(["lanes", "--config", configFile, ...args], SERVICE_ENV);
}

type Lane = ServiceStatusPage["lanes"][number];

async function laneOf(service: ServiceProcess, provider: string): Promise<Lane> {
  const { lanes: all } = await service.status();
  return all.find((lane) => lane.provider === provider)!;
}

/** Waits until the lane is so in both instances. */
async function inBoth(claim: string, provider: string, holds: (lane: Lane) => boolean) {
  await waitFor(claim, async () =>
    (await Promise.all([first, second].map(async (one) => laneOf(one, provider)))).every(holds),
  );
}

const callsFor = async (cloud: string) =>
  (await callsAt(simulator)).filter((call) => call.cloud === cloud);

interface Listed {
  readonly lanes: readonly {
    readonly lane: string;
    readonly orders: Readonly<Record<"pause" | "limit", { readonly who: string } | null>>;
    readonly instances: readonly { readonly instance: string; readonly limitedTo: number | null }[];
  }[];
}

async function listed(): Promise<Listed> {
  const { code, stdout } = await lanes("list", "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Listed;
}

describe("lanes list", () => {
  it("shows every lane of every instance of the running group", async () => {
    await waitFor("both have reported", async () =>
      (await listed()).lanes.every(({ instances }) => instances.length === 2),
    );
    const { stdout } = await lanes("list");
    expect(stdout.split("\n")[0]).toMatch(/^LANE +INSTANCE +AGE +WAITING +IN FLIGHT/);
    for (const lane of [WEDATA, DATAWORKS, BEHIND_DOOR]) {
      expect(stdout.match(new RegExp(`^${lane} `, "gm"))).toHaveLength(2);
    }
  });

  it("shows the one lane that is named, and says which there are when it is none of them", async () => {
    const { stdout } = await lanes("list", DATAWORKS);
    const rows = stdout.trim().split("\n").slice(1);
    expect(rows.map((row) => row.split(" ")[0])).toEqual([DATAWORKS, DATAWORKS]);
    const { code, stderr } = await lanes("list", "elsewhere");
    expect(code).toBe(2);
    expect(stderr).toContain(`There is no lane elsewhere, only ${WEDATA}, ${DATAWORKS}`);
  });
});

describe("a lane that an operator pauses", () => {
  it("stands still in all instances, and the command waits for that", async () => {
    const { code, stderr } = await lanes(
      ...["pause", WEDATA, "--reason", "their incident", "--by", "ann"],
    );
    expect(stderr).toContain("2 of 2 instances say that they obey");
    expect(code).toBe(0);
    await inBoth("it is paused", WEDATA, ({ held }) => held[0]?.why === "paused");
    expect((await laneOf(first, WEDATA)).held).toMatchObject([
      { why: "paused", message: "by ann: their incident", until: null },
    ]);
    const labels = { provider: WEDATA, why: "paused" };
    expect(sumOf(await fetchMetrics(second), "rerun_lane_held", labels)).toBe(1);
    expect(eventsOf(second, "lane.paused")).toMatchObject([
      { provider: WEDATA, who: "ann", reason: "their incident", until: null },
    ]);
  });

  it("calls nothing while the others go on, and is no reason to be unwell", async () => {
    const ids = Array.from({ length: 8 }, (_, n) => n);
    await topics.send(ids.map((n) => forWedata(`paused-${n}`)));
    await topics.send(ids.map((n) => forDataworks(`beside-${n}`, [510_000n + BigInt(n)])));
    await topics.finals(ids.map((n) => `beside-${n}`));
    expect(await callsFor("tencent")).toEqual([]);
    const statusOf = async (page: string) => (await fetch(`${first.url}/${page}`)).status;
    expect(await statusOf("livez")).toBe(200);
    // A second without an answer of the brokers is a reason, and soon over.
    await waitFor("it is ready", async () => (await statusOf("readyz")) === 200);
    expect((await laneOf(first, WEDATA)).held).toMatchObject([{ why: "paused" }]);
  });

  it("is not forgotten by a restart", async () => {
    expect(await second.stop()).toBe(0);
    await waitFor("it took its reports back", async () =>
      (await listed()).lanes.every(({ instances }) => instances.length === 1),
    );
    second = await processes.readyService(config);
    expect((await laneOf(second, WEDATA)).held).toMatchObject([{ why: "paused" }]);
    expect(await callsFor("tencent")).toEqual([]);
  });

  it("is paused still after orders that cannot be read, which are told", async () => {
    const kafka = createKafka(aKafkaConfig({ brokers: inject("brokers") }), silentLog);
    const { store } = aCheckpointStore(kafka, topics.place.topics.control);
    const standing = (await store.load()).get(WEDATA)!;
    expect(parseOrder("pause", standing)).toMatchObject({ order: { who: "ann" } });
    await store.write(WEDATA, Buffer.from('{"order":"go"}'));
    await waitFor("both have told it", () =>
      [first, second].every((one) => eventsOf(one, "control.order-ignored").length === 1),
    );
    expect((await laneOf(first, WEDATA)).held).toMatchObject([{ why: "paused" }]);
    // Where a restart would find it again.
    await store.write(WEDATA, standing);
  });

  it("goes on in all instances when it is told to", async () => {
    const { code } = await lanes("resume", WEDATA, "--reason", "fixed", "--by", "bob");
    expect(code).toBe(0);
    const finals = await topics.finals(Array.from({ length: 8 }, (_, n) => `paused-${n}`));
    expect(new Set(finals.map(({ status }) => status))).toEqual(new Set(["SUCCEEDED"]));
    await inBoth("nothing holds it", WEDATA, ({ held }) => held.length === 0);
    expect(eventsOf(first, "lane.resumed")).toMatchObject([{ who: "bob", reason: "fixed" }]);
    expect(eventsOf(first, "lane.released")).toMatchObject([{ provider: WEDATA, why: "paused" }]);
  });

  it("goes on by itself at the end of the time that was ordered", async () => {
    const pause = ["pause", WEDATA, "--reason", "a moment", "--for", "8s", "--json"];
    const { code, stdout } = await lanes(...pause);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ lane: WEDATA, notYet: [] });
    await topics.send(forWedata("after-a-while"));
    const { status, calledAt } = await topics.final("after-a-while");
    const { orders } = JSON.parse(stdout) as { readonly orders: readonly { until: number }[] };
    expect(status).toBe("SUCCEEDED");
    expect(Number(calledAt)).toBeGreaterThanOrEqual(orders[0]!.until);
  });
});

describe("a lane that an operator limits", () => {
  const ids = Array.from({ length: 8 }, (_, n) => `limited-${n}`);

  it("says so in all instances, and is no faster at the provider", async () => {
    const { code } = await lanes(
      ...["limit", DATAWORKS, "--calls-per-second", "2", "--reason", "others need it"],
    );
    expect(code).toBe(0);
    await inBoth("it is limited", DATAWORKS, ({ limitedTo }) => limitedTo === 2);
    expect((await laneOf(first, DATAWORKS)).callsPerSecond).toBe(2);
    await simulator.admin.reset();
    // All in one partition: by instance, if limits are per instance.
    const requests = ids.map((id, n) => forDataworks(id, [520_000n + BigInt(n)]));
    await topics.send(requests, { partition: 0 });
    await topics.finals(ids);
    const { worstTimerLatenessMs } = await simulator.admin.summary();
    const summary = await simulator.admin.summary({ windowMs: 1000 - worstTimerLatenessMs });
    const busiest = summary.busiestWindows.filter(({ cloud }) => cloud === "alibaba");
    expect(Math.max(...busiest.map(({ reruns }) => reruns))).toBeLessThanOrEqual(2);
  });

  it("is told by the list, with who ordered it", async () => {
    await waitFor("both have reported it", async () => {
      const lane = (await listed()).lanes.find((one) => one.lane === DATAWORKS);
      return lane?.instances.every(({ limitedTo }) => limitedTo === 2) ?? false;
    });
    const { stdout } = await lanes("list");
    expect(stdout).toMatch(new RegExp(`^${DATAWORKS} +limit 2/s +resumed .* others need it$`, "m"));
  });

  it("has its configured limit again when it is told to go on", async () => {
    expect((await lanes("resume", DATAWORKS, "--reason", "done")).code).toBe(0);
    await inBoth("no limit is left", DATAWORKS, ({ limitedTo, callsPerSecond }) => {
      return limitedTo === null && callsPerSecond === 20;
    });
  });

  it.each([
    ["an unknown lane", ["pause", "nobody", "--reason", "x"], "no lane nobody"],
    ["no reason", ["pause", WEDATA], "--reason"],
    ["more than is configured", limitTo("51"), "configured for 20"],
  ])("is not moved by an order with %s", async (_, args, told) => {
    const { code, stderr } = await lanes(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });
});

function limitTo(callsPerSecond: string): readonly string[] {
  return ["limit", DATAWORKS, "--calls-per-second", callsPerSecond, "--reason", "x"];
}

describe("a provider that refuses connections", () => {
  const ids = ["refused-1", "refused-2"];

  it("opens the breaker, and is probed without burning requests", async () => {
    await topics.send(
      ids.map((id) => forWedata(id, [id], { provider: BEHIND_DOOR })),
      { partition: 0 },
    );
    const sum = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
      const pages = await Promise.all([first, second].map(fetchMetrics));
      const of = { provider: BEHIND_DOOR, ...labels };
      return pages.reduce((total, page) => total + sumOf(page, name, of), 0);
    };
    await waitFor("the breaker is open", async () => (await sum("rerun_breaker_state")) > 0);
    const held = async () => sum("rerun_lane_held", { why: "breaker" });
    expect(await held()).toBe(1);
    // By far more than both requests have attempts.
    await waitFor(
      "it was probed often",
      async () =>
        (await sum("rerun_provider_calls_total", { result: "unavailable" })) > 3 * MAX_ATTEMPTS,
    );
    expect(topics.outcomes.filter(({ outcome }) => outcome.provider === BEHIND_DOOR)).toEqual([]);
    expect((await fetch(`${first.url}/livez`)).status).toBe(200);
  });

  it("is called again when it is back", async () => {
    await door.open();
    const finals = await topics.finals(ids);
    expect(finals.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(Math.max(...finals.map(({ attempts }) => attempts))).toBeLessThanOrEqual(MAX_ATTEMPTS);
    await inBoth("the breaker is closed", BEHIND_DOOR, ({ breaker }) => breaker === "closed");
    const events = [first, second].flatMap((one) => [
      ...eventsOf(one, "lane.held"),
      ...eventsOf(one, "lane.released"),
    ]);
    const ofBreaker = events.filter(({ provider }) => provider === BEHIND_DOOR);
    expect(ofBreaker.map(({ event, why }) => [event, why])).toEqual([
      ["lane.held", "breaker"],
      ["lane.released", "breaker"],
    ]);
  });
});

describe("a provider that says nothing to anything", () => {
  const ids = Array.from({ length: 30 }, (_, n) => `silent-${n}`);
  const arrived = async (effect: "rerun" | "read") =>
    (await simulator.admin.arrivals()).filter((one) => one.effect === effect).length;

  it("gets no call any more while nothing harmless is answered either", async () => {
    await simulator.admin.inject({ kind: "reset", executed: false, filter: { cloud: "tencent" } });
    await topics.send(
      ids.map((id) => forWedata(id, [id], { provider: BEHIND_DOOR })),
      { partition: 0 },
    );
    const lane = async () => {
      const both = await Promise.all([first, second].map(async (one) => laneOf(one, BEHIND_DOOR)));
      return both.find(({ breaker }) => breaker !== "closed");
    };
    await waitFor("the breaker is open, and no call is under way", async () => {
      return (await lane())?.inFlight === 0;
    });
    const calls = await arrived("rerun");
    const reads = await arrived("read");
    await waitFor("it was asked often", async () => (await arrived("read")) > reads + 10);

    expect(await arrived("rerun")).toBe(calls);
    expect((await lane())?.held).toMatchObject([
      { why: "breaker", message: expect.stringMatching(/nor was a read answered/) as string },
    ]);
  });

  it("is called for all that waited when it answers again", async () => {
    await simulator.admin.clear();
    const finals = await topics.finals(ids);
    const succeeded = finals.filter(({ status }) => status === "SUCCEEDED");

    expect(succeeded.length).toBeGreaterThan(ids.length / 2);
    await inBoth("the breaker is closed", BEHIND_DOOR, ({ breaker }) => breaker === "closed");
  });
});
