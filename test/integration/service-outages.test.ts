import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

/** These tests break what they use, so it is never a stack that the environment points to. */
const env = {
  ...ownEnvironment(),
  RERUN_STACK_BROKERS: "",
  RERUN_STACK_REGISTRY_URL: "",
};

const processes = new TestProcesses();
let stack: Stack;
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;

beforeAll(async () => {
  [stack, simulator] = await Promise.all([startStack({ env }), processes.simulator()]);
  const { brokers, registryUrl } = stack;
  topics = await ServiceTopics.open({ brokers, registryUrl, name: "service-outages" });
  const config = configOf(topics.place, [
    wedataAt(simulator.tencentUrl),
    dataworksAt(simulator.alibabaUrl),
  ]);
  service = await processes.readyService({
    ...config,
    // A broker that comes back waits so long for the group's members of the time before.
    kafka: { ...(config["kafka"] as object), sessionTimeout: "6s", heartbeatInterval: "1s" },
    schemaRegistry: { url: registryUrl, timeout: "500ms" },
  });
});
afterAll(async () => {
  await processes.close();
  await topics.close();
  await stack.stop();
});

async function page(path: string) {
  const answer = await fetch(`${service.url}${path}`);
  return { status: answer.status, ...((await answer.json()) as { reasons: string[] }) };
}

describe("a registry that does not answer", () => {
  it("makes a record of an unknown schema wait, and nothing else", async () => {
    await topics.send(forWedata("before"), { partition: 0 });
    await topics.final("before");
    // The same requests, written with a schema that the service has not seen.
    const { requests } = loadSchemas(topics.place.topics);
    const schema = { ...(JSON.parse(requests.text) as object), doc: "another version" };
    const id = await topics.registry.register(
      `${topics.place.topics.requests}-newer-value`,
      JSON.stringify(schema),
      "BACKWARD_TRANSITIVE",
    );
    const newer = await topics.encode(forWedata("of-a-newer-schema"));
    newer.writeInt32BE(id, 1);
    stack.registry.freeze();
    await topics.sendRaw({ partition: 1, value: newer });
    await topics.sendRaw({
      partition: 0,
      value: await topics.encode(forDataworks("elsewhere", [5n])),
    });

    await waitFor("it is not ready", async () => (await page("/readyz")).status === 503);
    const { reasons } = await page("/readyz");
    expect(reasons).toEqual([
      expect.stringMatching(`^partition 1: the schema registry is unavailable: schema ${id}: `),
    ]);
    await waitFor("the log tells", () => eventsOf(service, "service.not-ready").length > 0);
    expect((await page("/livez")).status).toBe(200);
    expect((await topics.offsets())[1]).toEqual({ committed: "0", end: "1" });
    await waitFor("the other partition goes on", async () => {
      const { committed, end } = (await topics.offsets())[0]!;
      return committed === end;
    });
  });

  it("is asked until it does, and the record is worked", async () => {
    stack.registry.thaw();
    expect(await topics.final("of-a-newer-schema")).toMatchObject({ status: "SUCCEEDED" });
    expect(await topics.final("elsewhere")).toMatchObject({ status: "SUCCEEDED" });
    await topics.allCommitted();
    expect(topics.deadLetters).toEqual([]);
    await waitFor("it is ready", async () => (await page("/readyz")).status === 200);
  });
});

describe("a broker that is killed in the middle of the work", () => {
  const ids = Array.from({ length: 60 }, (_, n) => `through-${n}`);

  it("is waited for, alive and not ready, and every request has its outcome", async () => {
    await topics.send(ids.map((id) => forWedata(id)));
    await waitFor("some are done", () => topics.of("through-5").length === 2);
    await stack.kafka.kill();
    await waitFor("it is not ready", async () => (await page("/readyz")).status === 503);
    expect((await page("/livez")).status).toBe(200);
    await stack.kafka.start();
    const finals = await topics.finals(ids);
    expect(finals.map(({ status }) => status)).toEqual(ids.map(() => "SUCCEEDED"));
    await topics.allCommitted();
    await waitFor("it is ready", async () => (await page("/readyz")).status === 200);
  });

  it("made nothing be called twice", async () => {
    const calls = await Promise.all(ids.map(async (id) => rerunsOf(simulator, instanceKey(id))));
    expect(calls.filter(({ length }) => length !== 1)).toEqual([]);
    const distinct = ids.map(
      (id) => new Set(topics.of(id).map(({ outcome }) => outcome.outcomeId)),
    );
    expect(distinct.filter(({ size }) => size !== 2)).toEqual([]);
    // What was delivered again after the outage is no repetition by a requester.
    expect(sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total")).toBe(0);
  });

  it("does not keep the process from ending with 0", async () => {
    expect(await service.stop()).toBe(0);
  });
});
