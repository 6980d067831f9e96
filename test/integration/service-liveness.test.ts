import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { notCalledOnce } from "../support/kept-promises.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import {
  configOf,
  type ConfigTree,
  dataworksAt,
  QUICK_CALLS,
  QUICK_CLAIMS,
  SERVICE_ENV,
  WEDATA,
  wedataAt,
} from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { callsAt } from "../support/simulator-calls.ts";
import { preloading, TestProcesses } from "../support/test-service.ts";
import { forDataworks, forWedata, instanceKey } from "../support/wire-requests.ts";

/** A connection whose lane is held from the start. */
const HELD = "dataworks-held";
const STALL_AFTER_MS = 3000;

const processes = new TestProcesses();
const wedgeFile = join(processes.folder, "wedge");
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let config: ConfigTree;
let service: ServiceProcess;

/** From now on these never come to an end, and nothing else. */
function wedge(...what: readonly string[]): void {
  writeFileSync(wedgeFile, what.join("\n"));
}

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-liveness",
      partitions: 1,
    }),
    processes.simulator(),
  ]);
  const wrong = { type: "static", id: "nobody", secret: "nothing" };
  const quick = configOf(
    topics.place,
    [
      wedataAt(simulator.tencentUrl, QUICK_CALLS),
      dataworksAt(simulator.alibabaUrl, { name: HELD, credentials: wrong }),
    ],
    {
      ...QUICK_CLAIMS,
      http: { host: "127.0.0.1", port: 0, stallAfter: `${STALL_AFTER_MS}ms` },
    },
  );
  // A consumer that fetches nothing sends no heartbeats either, and a coordinator that has been silent
  // for four of them is its excuse: what stands still must be told well before.
  const group = { sessionTimeout: "8s", heartbeatInterval: "2s" };
  config = { ...quick, kafka: { ...(quick["kafka"] as ConfigTree), ...group } };
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

async function livez(): Promise<{ readonly ok: boolean; readonly reasons: readonly string[] }> {
  const answer = await fetch(`${service.url}/livez`);
  return (await answer.json()) as { ok: boolean; reasons: string[] };
}

/** Which kinds of stages stand still, once any does. */
async function stalled(): Promise<readonly string[]> {
  let reasons: readonly string[] = [];
  await waitFor("it is stalled", async () => {
    const seen = await livez();
    ({ reasons } = seen);
    return !seen.ok;
  });
  const names = new RegExp(` (${WEDATA}|${HELD}|${topics.place.topics.outcomes})$`);
  const kinds = reasons.map((reason) =>
    reason.replace(/ has had work for \d+ s and made no step$/, "").replace(names, ""),
  );
  return [...new Set(kinds)];
}

/** Requests that wait for as long as this file runs. */
const waiting = [1n, 2n].map((id) => forDataworks(`held-${id}`, [id], { provider: HELD }));

beforeEach(async () => {
  wedge();
  service = await processes.service(config, {
    env: { ...SERVICE_ENV, WEDGE_FILE: wedgeFile },
    nodeOptions: preloading("./wedge.ts"),
  });
  await service.ready();
});
afterEach(async () => {
  service.signal("SIGKILL");
  await service.ended;
});

describe("/livez of a service with work that is held", () => {
  it("is content", async () => {
    await topics.send(waiting);
    await waitFor("its lane is held", async () => {
      const { lanes } = await service.status();
      return lanes.some(({ held, waiting: depth }) => held.length > 0 && depth.NORMAL === 2);
    });
    const seen: object[] = [];
    const heldSince = performance.now();
    await waitFor("it was probed twice, and held for longer than it may stand still", async () => {
      seen.push(await livez());
      const isProbed = (await callsAt(simulator)).length >= 3;
      return isProbed && performance.now() - heldSince > 1.2 * STALL_AFTER_MS;
    });
    await topics.send(forWedata("beside"));
    await topics.final("beside");
    seen.push(await livez());
    expect(seen.filter((one) => !isDeepStrictEqual(one, { ok: true, reasons: [] }))).toEqual([]);
  });

  it.each([
    [
      "the journal takes no record any more",
      "write",
      "journal",
      "writing to the journal for connection",
    ],
    ["no outcome leaves any more", "write", "outcomes", "publishing to"],
    ["the journal is not read any more", "read", "journal", "reading the journal"],
    ["nothing is fetched any more", "read", "requests", "fetching from Kafka"],
  ] as const)("fails when %s", async (_, how, topic, stage) => {
    wedge(`${how} ${topics.place.topics[topic]}`);
    await topics.send(forWedata(`stuck-${how}-${topic}`));
    expect(await stalled()).toEqual([stage]);
  });

  it("fails when lanes get no turn any more", async () => {
    wedge("tickets");
    await topics.send(forWedata("stuck-turn"));
    expect(await stalled()).toEqual(["lane"]);
  });
});

describe("a service that cannot read the journal for a while", () => {
  it("gives back what was granted to it too late, and calls everything once", async () => {
    const ids = Array.from({ length: 120 }, (_, n) => `unread-${n}`);
    await topics.send(ids.map((id) => forWedata(id)));
    await waitFor("it is at work", () => topics.of("unread-2").length > 0);
    // What is asked for before it notices is granted, and nobody tells it.
    wedge(`read ${topics.place.topics.journal}`);
    const lapsed = async () =>
      sumOf(await fetchMetrics(service), "rerun_claims_total", { result: "lapsed" });
    await waitFor("it has given up", async () => (await lapsed()) > 0);
    wedge();
    const finals = await topics.finals(ids);
    // None was judged: without evidence that would be UNKNOWN.
    expect(finals.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(
      ids.map(() => "SUCCEEDED 1"),
    );
    expect(await notCalledOnce(simulator, ids.map(instanceKey))).toEqual([]);
  });
});
