import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, DATAWORKS, dataworksAt, dmsAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import { forDataworks, forDms, forWedata, instanceKey } from "../support/wire-requests.ts";

const JOINING = { coalesce: { maxInstances: 20 }, evidence: { before: "auto" } };
/** One call at a time: what is sent during a slow one waits together. */
const ONE_AT_A_TIME = { maxConcurrentCalls: 1 };
/** By its end all of them have to be there and read, also on a busy machine. */
const SLOW_MS = 6000;

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-coalescing",
    }),
    processes.simulator(),
  ]);
  const { tencentUrl, alibabaUrl } = simulator;
  service = await processes.readyService(
    configOf(topics.place, [
      wedataAt(tencentUrl, { ...JOINING, ...ONE_AT_A_TIME }),
      dataworksAt(alibabaUrl, JOINING),
      dmsAt(alibabaUrl, { ...JOINING, ...ONE_AT_A_TIME }),
    ]),
  );
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** The outcomes of each call, by what tells one call from another. */
function byCall(
  finals: readonly RerunOutcome[],
  callOf: (final: RerunOutcome) => string | null,
): readonly (readonly RerunOutcome[])[] {
  const calls = new Set(finals.map(callOf));
  return [...calls].map((call) => finals.filter((final) => callOf(final) === call));
}

/** Sends these while another call of their connection is under way, so that they wait together. */
async function sendTogether(first: RerunRequest, requests: readonly RerunRequest[]) {
  const before = (await callsAt(simulator)).length;
  const slow = { kind: "latency", minMs: SLOW_MS, maxMs: SLOW_MS, count: 1 } as const;
  await simulator.admin.inject({ ...slow, filter: { effect: "rerun" } });
  await topics.send(first);
  await waitFor("the slow call has come", async () => {
    return (await callsAt(simulator)).length > before;
  });
  await topics.send(requests);
  return topics.finals(requests.map(({ requestId }) => requestId));
}

describe("a storm of 200 requests for 20 instances", () => {
  /** Each asks for an instance and the next one, but the last. */
  const asked = Array.from({ length: 200 }, (_, n) => {
    const first = BigInt(500_000 + (n % 20));
    return n % 20 === 19 ? [first] : [first, first + 1n];
  });
  const requests = asked.map((targets, n) => forDataworks(`storm-${n}`, targets));

  it("becomes few calls, and each request is told its own targets and who shared its call", async () => {
    await topics.send(requests);
    const finals = await topics.finals(requests.map(({ requestId }) => requestId));

    expect(finals.filter(({ status }) => status !== "SUCCEEDED")).toEqual([]);
    expect(finals.map(({ targets }) => targets.map(({ target }) => target))).toEqual(
      asked.map((targets) => targets.map(String)),
    );
    const calls = byCall(finals, (final) => final.providerRequestId);
    for (const sharing of calls) {
      expect(sharing.map(({ coalesced }) => coalesced)).toEqual(sharing.map(() => sharing.length));
    }
    const made = (await callsAt(simulator)).filter(({ cloud }) => cloud === "alibaba");
    expect(made).toHaveLength(calls.length);
    expect(made.every(({ targets }) => new Set(targets).size === targets.length)).toBe(true);
    expect(made.filter(({ targets }) => targets.length > 20)).toEqual([]);
    expect(calls.length).toBeLessThan(60);
  });

  it("is counted once for each call, with how many requests shared it", async () => {
    const page = await fetchMetrics(service);
    const labels = { provider: DATAWORKS, operation: "DataWorksRerunTaskInstances" };
    const made = (await callsAt(simulator)).filter(({ cloud }) => cloud === "alibaba");
    expect(sumOf(page, "rerun_coalesced_requests_count", labels)).toBe(made.length);
    expect(sumOf(page, "rerun_coalesced_requests_sum", labels)).toBe(requests.length);
  });
});

describe("requests that share a job", () => {
  it("end with it, each by its own targets, and the job is read once for all of them", async () => {
    const requests = Array.from({ length: 30 }, (_, n) => forWedata(`job-${n}`, [`word-${n % 5}`]));
    const finals = await sendTogether(forWedata("before-jobs"), requests);

    expect(finals.map(({ targets }) => targets.map(({ target }) => target))).toEqual(
      requests.map((_, n) => [instanceKey(`word-${n % 5}`)]),
    );
    expect(new Set(finals.map(({ status }) => status))).toEqual(new Set(["SUCCEEDED"]));
    const [sharing = [], ...more] = byCall(finals, ({ asyncJobId }) => asyncJobId);
    expect(more).toEqual([]);
    expect(new Set(sharing.map(({ coalesced }) => coalesced))).toEqual(new Set([30]));
    const polls = (await simulator.admin.arrivals()).filter(
      ({ action }) => action === "GetOpsAsyncJob",
    );
    expect(polls.length).toBeLessThan(30);
  });
});

describe("a call that is refused as a whole", () => {
  it("is repeated in halves until the refusal is about the bad request alone", async () => {
    const bad = instanceKey("bad");
    await simulator.admin.inject({
      ...{ kind: "error", code: "InvalidParameter.DoesNotExist" },
      filter: { target: bad, effect: "rerun" },
    });
    const words = ["good-1", "good-2", "good-3", "bad", "good-4", "good-5", "good-6", "good-7"];
    const requests = words.map((word) => forWedata(`bisected-${word}`, [word]));
    const finals = await sendTogether(forWedata("before-bisecting"), requests);

    expect(finals.map(({ status }) => status)).toEqual(
      words.map((word) => (word === "bad" ? "REJECTED" : "SUCCEEDED")),
    );
    expect(finals.map(({ attempts }) => attempts)).toEqual(words.map(() => 1));
    const refused = (await callsAt(simulator)).filter(({ targets }) => targets.includes(bad));
    expect(refused.map(({ targets }) => targets.length)).toEqual([8, 4, 2, 1]);
    const ran = (await callsAt(simulator)).flatMap(({ ranTargets }) => ranTargets);
    for (const word of words) {
      const runs = ran.filter((target) => target === instanceKey(word));
      expect(runs).toHaveLength(word === "bad" ? 0 : 1);
    }
  });
});

describe("an operation with one target", () => {
  it("is called once for equal requests that wait together, and for no others", async () => {
    const requests = [1, 2, 3, 4].map((n) => forDms(`flow-${n}`, n < 4 ? 7_001n : 7_002n));
    const finals = await sendTogether(forDms("before-flows", 7_000n), requests);

    expect(finals.map(({ coalesced, status }) => [coalesced, status])).toEqual([
      ...[1, 2, 3].map(() => [3, "SUCCEEDED"]),
      [1, "SUCCEEDED"],
    ]);
  });
});
