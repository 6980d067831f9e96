import { afterAll, beforeAll, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { type CommandEnd, runCommand } from "../support/run-command.ts";
import { configOf, DATAWORKS, dataworksAt, SERVICE_ENV } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks } from "../support/wire-requests.ts";

/** So many of the lane's requests wait in memory. */
const SHARE = 10;
const REQUESTS = 30;

const processes = new TestProcesses();
let topics: ServiceTopics;
let service: ServiceProcess;
let configFile: string;

beforeAll(async () => {
  const [opened, { alibabaUrl }] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-outside",
    }),
    processes.simulator(),
  ]);
  topics = opened;
  const intake = { intake: { maxWaiting: SHARE } };
  const config = configOf(topics.place, [dataworksAt(alibabaUrl)], intake);
  configFile = processes.configFile(config);
  service = await processes.readyService(config);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

async function lanes(...args: readonly string[]): Promise<CommandEnd> {
  return runCommand(["lanes", "--config", configFile, ...args], SERVICE_ENV);
}

async function outside(): Promise<number> {
  const page = await fetchMetrics(service);
  return sumOf(page, "rerun_lane_waiting_outside_of_memory", { provider: DATAWORKS });
}

it("tells what waits outside of memory in the metrics, the status and the list of lanes", async () => {
  expect(await outside()).toBe(0);
  await lanes("pause", DATAWORKS, "--reason", "a test");
  const ids = Array.from({ length: REQUESTS }, (_, n) => `outside-${n}`);
  await topics.send(ids.map((id, n) => forDataworks(id, [BigInt(n + 1)])));
  await waitFor("the rest waits outside", async () => (await outside()) === REQUESTS - SHARE);
  const [lane] = (await service.status()).lanes;
  expect(lane).toMatchObject({ waitingOutsideOfMemory: REQUESTS - SHARE });
  await waitFor("it is reported", async () =>
    (await lanes("list")).stdout.includes(` ${SHARE} +${REQUESTS - SHARE} outside `),
  );
  const { stdout } = await lanes("list", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    lanes: [{ instances: [{ waiting: SHARE, waitingOutsideOfMemory: REQUESTS - SHARE }] }],
  });

  await lanes("resume", DATAWORKS, "--reason", "done");
  await topics.finals(ids);
  expect(await outside()).toBe(0);
});
