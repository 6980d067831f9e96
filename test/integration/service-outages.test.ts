import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";
import { conflictingOutcomes } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, GROUP_SCOPE, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt, rerunsOf } from "../support/simulator-calls.ts";
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
    ...{ ...config, ...GROUP_SCOPE },
    // A broker that comes back waits so long for the group's members of the time before.
    kafka: { ...(config["kafka"] as object), sessionTimeout: "6s", heartbeatInterval: "1s" },
    schemaRegistry: { url: registryUrl, timeout: "500ms" },
    // Less than the brokers are away here.
    http: { ...(config["http"] as object), stallAfter: "8s" },
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

    // A busy machine may keep the journal from being read for a moment, which is another reason.
    const ready = async () => page("/readyz");
    await expect.poll(ready, { timeout: 30_000, interval: 50 }).toMatchObject({
      status: 503,
      reasons: [
        expect.stringMatching(
          `^partition 1: the schema registry is unavailable: schema ${id}: `,
        ) as string,
      ],
    });
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

/** What `/livez` answers from now on until the returned function is called, which tells its problems. */
function watchLiveness(): () => Promise<readonly string[]> {
  const problems: string[] = [];
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const { status, reasons } = await page("/livez");
      if (status !== 200) problems.push(...reasons);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const watching = watch();
  return async () => {
    isOver = true;
    await watching;
    return problems;
  };
}

/**
 * Waits until nothing can be claimed and nothing is called any more. What was claimed and got no slot
 * is given back only when the brokers are there again; slots that were reserved are used up within
 * the lead.
 */
async function untilStill(): Promise<void> {
  await waitFor("nothing can be claimed", async () => {
    return (await service.status()).journal?.open === false;
  });
  let known = -1;
  await waitFor("nothing is called any more", async () => {
    const before = known;
    await new Promise((resolve) => setTimeout(resolve, SLOT_TERMS.leadMs));
    known = (await callsAt(simulator)).length;
    return known === before;
  });
}

describe.each([
  ["is killed in the middle of the work", "killed"],
  ["hangs in the middle of the work", "frozen"],
] as const)("a broker that %s", (_, end) => {
  const ids = Array.from({ length: 120 }, (_one, n) => `${end}-${n}`);
  const { leave, comeBack } = {
    killed: { leave: async () => stack.kafka.kill(), comeBack: async () => stack.kafka.start() },
    frozen: { leave: () => stack.kafka.freeze(), comeBack: () => stack.kafka.thaw() },
  }[end];

  it("is waited for, alive and not ready, without a call", async () => {
    await topics.send(ids.map((id) => forWedata(id)));
    await waitFor("some are done", () => topics.of(`${end}-5`).length === 2);
    const problems = watchLiveness();
    await leave();
    await untilStill();
    const called = await callsAt(simulator);
    await waitFor("it says that its group is away too", async () => {
      const { status, reasons } = await page("/readyz");
      return status === 503 && reasons.length > 1;
    });
    expect(await callsAt(simulator)).toEqual(called);
    expect(called.length).toBeGreaterThan(0);
    await comeBack();
    expect(await problems()).toEqual([]);
  });

  it("makes the work go on when it is back, and every request has its outcome", async () => {
    const finals = await topics.finals(ids);
    // None was judged: without evidence that would be UNKNOWN.
    expect(finals.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(
      ids.map(() => "SUCCEEDED 1"),
    );
    await topics.allCommitted();
    await waitFor("it is ready", async () => (await page("/readyz")).status === 200);
  });

  it("made nothing be called or told twice", async () => {
    const calls = await Promise.all(ids.map(async (id) => rerunsOf(simulator, instanceKey(id))));
    expect(calls.filter(({ length }) => length !== 1)).toEqual([]);
    const distinct = ids.map(
      (id) => new Set(topics.of(id).map(({ outcome }) => outcome.outcomeId)),
    );
    expect(distinct.filter(({ size }) => size !== 2)).toEqual([]);
    expect(conflictingOutcomes(topics)).toEqual([]);
    // What was delivered again after the outage is no repetition by a requester.
    expect(sumOf(await fetchMetrics(service), "rerun_requests_duplicate_total")).toBe(0);
  });
});

describe("a service whose brokers were away", () => {
  it("has given back the claims that came to nothing", async () => {
    const page = await fetchMetrics(service);
    expect(sumOf(page, "rerun_claims_total", { result: "lapsed" })).toBeGreaterThan(0);
    expect(sumOf(page, "rerun_journal_open_requests")).toBe(0);
    const { journal } = await service.status();
    expect(journal).toMatchObject({ open: true, drivenClaims: 0 });
  });

  it("ends with 0", async () => {
    expect(await service.stop()).toBe(0);
  });
});
