import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { conflictingOutcomes, notCalledOnce, withoutOneEnd } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, type ConfigTree, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

const PARTITIONS = [0, 1, 2, 3];
/** A connection that makes one call at a time. */
const NARROW = "dataworks-narrow";

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
      name: "service-duplicates",
      partitions: PARTITIONS.length,
    }),
    processes.simulator(),
  ]);
  const { tencentUrl, alibabaUrl } = simulator;
  config = configOf(topics.place, [
    wedataAt(tencentUrl),
    dataworksAt(alibabaUrl, { name: NARROW, maxConcurrentCalls: 1 }),
  ]);
  services = await Promise.all([processes.readyService(config), processes.readyService(config)]);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

function assignedTo(service: ServiceProcess): readonly number[] {
  return (eventsOf(service, "intake.assigned").at(-1)?.["assigned"] ?? []) as readonly number[];
}

async function duplicates(): Promise<number> {
  const pages = await Promise.all(services.map(fetchMetrics));
  return pages.reduce((sum, page) => sum + sumOf(page, "rerun_requests_duplicate_total"), 0);
}

/** Puts copies of each request into the topic in one produce request: one into each partition named. */
async function sendCopies(ids: readonly string[], partitions: readonly number[]): Promise<void> {
  const values = await Promise.all(ids.map(async (id) => topics.encode(forWedata(id))));
  await topics.sendRaw(
    ...values.flatMap((value) => partitions.map((partition) => ({ partition, value }))),
  );
}

describe("the same requestId several times", () => {
  const ids = ["copied-a", "copied-b", "copied-c", "copied-d", "copied-e"];
  const targets = ids.map(instanceKey);

  it("at once, in one partition and in others, has one call, one outcome, and is counted", async () => {
    await waitFor("both have partitions", () =>
      services.every((service) => assignedTo(service).length === 2),
    );
    await sendCopies(ids, [0, 0, 1, 2, 3]);
    const finals = await topics.finals(ids);
    expect(finals.map(({ status }) => status)).toEqual(ids.map(() => "SUCCEEDED"));
    await topics.allCommitted();
    expect(await notCalledOnce(simulator, targets)).toEqual([]);
    expect(withoutOneEnd(topics, ids)).toEqual([]);
    expect(await duplicates()).toBe(ids.length * 4);
  });

  it("later, in one partition and in others, is skipped and counted", async () => {
    const before = await duplicates();
    const told = topics.outcomes.length;
    await sendCopies(ids, PARTITIONS);
    await waitFor(
      "all are counted",
      async () => (await duplicates()) === before + ids.length * PARTITIONS.length,
    );
    await topics.allCommitted();
    expect(await notCalledOnce(simulator, targets)).toEqual([]);
    expect(topics.outcomes).toHaveLength(told);
  });

  it("after a restart is skipped and counted", async () => {
    for (const service of services) expect(await service.stop()).toBe(0);
    services = await Promise.all([processes.readyService(config), processes.readyService(config)]);
    const told = topics.outcomes.length;
    await sendCopies(ids, PARTITIONS);
    await waitFor(
      "all are counted",
      async () => (await duplicates()) === ids.length * PARTITIONS.length,
    );
    await topics.allCommitted();
    expect(await notCalledOnce(simulator, targets)).toEqual([]);
    expect(topics.outcomes).toHaveLength(told);
  });
});

describe("a requestId that stands for two requests", () => {
  it("has one called and the other dead-lettered in one piece, although both waited together", async () => {
    await simulator.admin.inject({
      ...{ kind: "latency", minMs: 1500, maxMs: 1500 },
      filter: { target: "66600" },
    });
    const narrow = { provider: NARROW };
    // Both lanes are busy while the rivals come.
    await topics.send(
      PARTITIONS.map((n) => forDataworks(`busy-${n}`, [666_000n + BigInt(n)], narrow)),
    );
    await waitFor("both are busy", async () => {
      const pages = await Promise.all(services.map(async (service) => service.status()));
      return pages.every(({ lanes }) => lanes.some(({ inFlight }) => inFlight === 1));
    });
    // Rivals of one process and of both.
    const pairs = PARTITIONS.map((n) => {
      const rivals = [0, 1].map((rival) => {
        const target = 555_000n + BigInt(10 * n + rival);
        return { target, request: forDataworks(`rival-${n}`, [target], narrow) };
      });
      return { id: `rival-${n}`, partition: n, rivals };
    });
    const sent = await Promise.all(
      pairs.flatMap(({ partition, rivals }) =>
        rivals.map(async ({ request, target }, rival) => ({
          ...{ target: String(target), id: request.requestId },
          partition: (partition + rival) % PARTITIONS.length,
          value: await topics.encode(request),
        })),
      ),
    );
    await topics.sendRaw(...sent.map(({ partition, value }) => ({ partition, value })));

    const finals = await topics.finals(pairs.map(({ id }) => id));
    expect(finals.map(({ status }) => status)).toEqual(pairs.map(() => "SUCCEEDED"));
    await topics.allCommitted();
    const arrived = await Promise.all(sent.map(async ({ target }) => rerunsOf(simulator, target)));
    const called = sent.filter((_, n) => arrived[n]?.length === 1);
    const lost = sent.filter((_, n) => arrived[n]?.length === 0);
    expect(called.map(({ id }) => id)).toEqual(pairs.map(({ id }) => id));
    expect(lost.map(({ id }) => id)).toEqual(pairs.map(({ id }) => id));
    expect(finals.map(({ targets }) => targets[0]?.target)).toEqual(
      called.map(({ target }) => target),
    );
    const asHex = (values: readonly (Buffer | null)[]) =>
      values.map((value) => value?.toString("hex")).toSorted();
    await waitFor("every loser is a dead letter", () => topics.deadLetters.length >= lost.length);
    expect(asHex(topics.deadLetters.map(({ value }) => value))).toEqual(
      asHex(lost.map(({ value }) => value)),
    );
    const reasons = topics.deadLetters.map(({ headers }) => String(headers["dlq-reason"]));
    expect(reasons).toEqual(lost.map(() => "conflicting-request-id"));
  });

  it("never has anything else told about it than what was told before", () => {
    expect(conflictingOutcomes(topics)).toEqual([]);
  });
});
