import { isDeepStrictEqual } from "node:util";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, type ConfigTree, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

const PARTITIONS = 6;
const COUNT = 300;
/** So many are there before the second process is. */
const AT_FIRST = 240;
const CALL_WITHIN_MS = 500;

/** Half for each cloud; `send` deals them out to the partitions in turn. */
const requests = Array.from({ length: COUNT }, (_, n) => {
  const target = 550_000n + BigInt(n);
  return n % 2 === 0
    ? { ...forWedata(`shared-${n}`, [String(target)]), target: instanceKey(String(target)) }
    : { ...forDataworks(`shared-${n}`, [target]), target: String(target) };
});

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let first: ServiceProcess;
let second: ServiceProcess;
let firstDispatcher: string;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-group",
      partitions: PARTITIONS,
    }),
    processes.simulator(),
  ]);
  config = configOf(
    topics.place,
    [wedataAt(simulator.tencentUrl), dataworksAt(simulator.alibabaUrl)],
    { claims: { callWithin: `${CALL_WITHIN_MS}ms` } },
  );
  first = await processes.readyService(config);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

function assignedTo(service: ServiceProcess): readonly number[] {
  return (eventsOf(service, "intake.assigned").at(-1)?.["assigned"] ?? []) as readonly number[];
}

const finals = () => topics.outcomes.filter(({ outcome }) => outcome.final);

describe("a second process that joins the group in the middle of the work", () => {
  it("gets some of the partitions, and a final outcome comes for every request", async () => {
    await topics.send(requests.slice(0, AT_FIRST));
    await waitFor("the work goes on", () => finals().length >= 20);
    firstDispatcher = finals()[0]!.outcome.dispatcher;
    second = await processes.readyService(config);
    await waitFor(
      "both have partitions",
      () => assignedTo(first).length + assignedTo(second).length === PARTITIONS,
    );
    expect(assignedTo(first).length).toBeLessThan(PARTITIONS);
    // The first process may have done with the others by now.
    await topics.send(requests.slice(AT_FIRST));
    expect([...assignedTo(first), ...assignedTo(second)].toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    await topics.finals(requests.map(({ requestId }) => requestId));
    await topics.allCommitted();
    const statuses = new Set(finals().map(({ outcome }) => outcome.status));
    expect(statuses).toEqual(new Set(["SUCCEEDED"]));
    expect(new Set(finals().map(({ outcome }) => outcome.dispatcher)).size).toBe(2);
  });

  it("makes nobody call anything twice", async () => {
    const { targets } = await simulator.admin.summary();
    const arrivedAt = new Map(targets.map(({ target, arrived }) => [target, arrived]));
    expect(requests.filter(({ target }) => arrivedAt.get(target) !== 1)).toEqual([]);
  });

  it("gets what was not called yet: the first claims no more of what it lost", () => {
    const lost = eventsOf(first, "intake.assigned").at(-1)!;
    const lostAt = Date.parse(String(lost["time"]));
    const lostPartitions = lost["lost"] as readonly number[];
    expect(lostPartitions.length).toBeGreaterThan(0);
    const late = finals().filter(
      ({ outcome: { dispatcher, source, calledAt } }) =>
        dispatcher === firstDispatcher &&
        lostPartitions.includes(source.partition) &&
        // What was asked for before is used within this time, or not at all.
        (calledAt ?? 0) > lostAt + CALL_WITHIN_MS,
    );
    expect(late.map(({ outcome }) => outcome.requestId)).toEqual([]);
  });

  it("makes nobody take a record that is delivered again for a repetition", async () => {
    for (const service of [first, second]) {
      expect(sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total")).toBe(0);
    }
  });

  it("makes nobody tell anything else about a request than what was told before", () => {
    const first = new Map(topics.outcomes.map((one) => [one.outcome.outcomeId, one.outcome]));
    const ids = [...first.keys()];
    expect(ids).toHaveLength(COUNT + COUNT / 2); // WeData tells of the acceptance too
    const others = topics.outcomes.filter(
      ({ outcome }) => !isDeepStrictEqual(outcome, first.get(outcome.outcomeId)),
    );
    expect(others).toEqual([]);
  });

  it("gives its partitions back when it ends", async () => {
    expect(await second.stop()).toBe(0);
    await waitFor("all are back", () => assignedTo(first).length === PARTITIONS);
    const late = Array.from({ length: PARTITIONS }, (_, n) => forWedata(`late-${n}`));
    await topics.send(late);
    await topics.finals(late.map(({ requestId }) => requestId));
    await topics.allCommitted();
  });
});
