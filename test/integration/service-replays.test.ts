import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { createTopic, deleteTopic } from "../kafka/real-topics.ts";
import { conflictingOutcomes, notCalledOnce, withoutOneEnd } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, type ConfigTree, wedataAt } from "../support/service-config.ts";
import { ServiceTopics } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forWedata, instanceKey } from "../support/wire-requests.ts";

const PARTITIONS = 2;
/** Of every batch of requests in this file, in each partition. */
const EACH = 4;

function matching(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string;
}

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let service: ServiceProcess;
/** Every request that was ever to be called. */
const asked: string[] = [];

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-replays",
      partitions: PARTITIONS,
    }),
    processes.simulator(),
  ]);
  config = configOf(topics.place, [wedataAt(simulator.tencentUrl)]);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** Sends new requests, and tells their ids. */
async function send(name: string, each = EACH): Promise<readonly string[]> {
  const ids = Array.from({ length: each * PARTITIONS }, (_, n) => `${name}-${n}`);
  await topics.send(ids.map((id) => forWedata(id)));
  return ids;
}

/** What is wrong once these new requests have ended, with them and with all that were asked before. */
async function wrongAfter(ids: readonly string[]): Promise<object> {
  const finals = await topics.finals(ids);
  await topics.allCommitted();
  asked.push(...ids);
  return {
    unsuccessful: finals.filter(({ status }) => status !== "SUCCEEDED"),
    notCalledOnce: await notCalledOnce(simulator, asked.map(instanceKey)),
    withoutOneEnd: withoutOneEnd(topics, asked),
    conflicting: conflictingOutcomes(topics),
  };
}

const NOTHING = { unsuccessful: [], notCalledOnce: [], withoutOneEnd: [], conflicting: [] };

async function ends(): Promise<void> {
  expect(await service.stop()).toBe(0);
}

describe("a service that starts again", () => {
  it("calls nothing again whose offsets the group has reset to the beginning", async () => {
    service = await processes.readyService(config);
    expect(await wrongAfter(await send("first"))).toEqual(NOTHING);
    await ends();
    const { groupId, topics: names } = topics.place;
    await topics.admin.resetOffsets({ groupId, topic: names.requests, earliest: true });
    service = await processes.readyService(config);
    expect(await wrongAfter(await send("reset"))).toEqual(NOTHING);
    expect(sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total")).toBe(0);
    await ends();
  });

  it("calls nothing again although its group is gone, offsets and all", async () => {
    await topics.admin.deleteGroups([topics.place.groupId]);
    service = await processes.readyService(config);
    expect(await wrongAfter(await send("deleted"))).toEqual(NOTHING);
    await ends();
  });

  it("goes on where the topic begins when records below were deleted that it had worked", async () => {
    await deleteRecordsBelow(BigInt(EACH + EACH / 2));
    service = await processes.readyService(config);
    expect(await wrongAfter(await send("deleted-below"))).toEqual(NOTHING);
    await ends();
  });

  it("tells of records that were deleted before it could work them, and works those behind", async () => {
    const lost = await send("lost", 2);
    const { end } = (await topics.offsets())[0]!;
    const kept = await send("kept");
    await deleteRecordsBelow(BigInt(end));
    service = await processes.readyService(config);
    expect(await wrongAfter(kept)).toEqual(NOTHING);
    expect(await Promise.all(lost.map(async (id) => rerunsOf(simulator, instanceKey(id))))).toEqual(
      lost.map(() => []),
    );
    const told = eventsOf(service, "watermark.doubtful");
    expect(told.map(({ partition }) => partition).toSorted()).toEqual([0, 1]);
    await ends();
  });
});

/** Of both partitions, which have equally many. */
async function deleteRecordsBelow(offset: bigint): Promise<void> {
  await topics.deleteRecords(topics.place.topics.requests, { 0: offset, 1: offset });
}

async function makeRequestsAnew(): Promise<void> {
  const { admin, place } = topics;
  const { requests } = place.topics;
  await deleteTopic(admin, requests);
  await createTopic(admin, { topic: requests, numPartitions: PARTITIONS });
}

describe("a requests topic that was deleted and made anew", () => {
  it("is noticed at the next start, by its end and by its records: new requests are called, old ids are not", async () => {
    await makeRequestsAnew();
    // More than there were in one partition, fewer in the other.
    const many = Array.from({ length: 10 * EACH }, (_, n) => `anew-${n}`);
    await topics.send(
      many.map((id) => forWedata(id)),
      { partition: 0 },
    );
    await topics.send([forWedata("first-0"), forWedata("anew-few"), forWedata("kept-1")], {
      partition: 1,
    });
    service = await processes.readyService(config);
    expect(await wrongAfter([...many, "anew-few"])).toEqual(NOTHING);
    const told = eventsOf(service, "watermark.void");
    expect(told.map(({ level, partition }) => `${level} ${String(partition)}`).toSorted()).toEqual([
      "error 0",
      "error 1",
    ]);
    expect(sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total")).toBe(2);
    await ends();
  });

  it("is known from then on: the next start calls nothing again", async () => {
    service = await processes.readyService(config);
    expect(await wrongAfter(await send("after-anew"))).toEqual(NOTHING);
    expect(eventsOf(service, "watermark.void")).toEqual([]);
  });

  it("ends a service that reads it, and the next one calls what is new", async () => {
    await makeRequestsAnew();
    const ids = await send("anew-again", 1);
    expect(await service.ended).toBe(1);
    expect(eventsOf(service, "service.failed")).toMatchObject([
      {
        error: {
          message: matching(/was read up to \d+: the topic was made anew or lost records$/),
        },
      },
    ]);
    service = await processes.readyService(config);
    expect(await wrongAfter(ids)).toEqual(NOTHING);
    await ends();
  });
});
