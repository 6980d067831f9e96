import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import { LOCAL_ENV } from "../../dev/rig/service-config.ts";
import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import type { Arrival } from "../../dev/simulator/arrivals.ts";
import type { RerunRequest } from "../../src/avro/wire-types.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import { configOf, dataworksAt, dmsAt, wedataAt } from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { TestProcesses } from "../support/test-service.ts";
import {
  forDataworks,
  forDms,
  forSchedule,
  forWedata,
  forWorkflow,
  instanceKey,
} from "../support/wire-requests.ts";

/** Connections that follow the runs themselves. */
const FINISHED = {
  wedata: "wedata-finished",
  dataworks: "dataworks-finished",
  dms: "dms-finished",
};
/** A connection whose keys stand in files. */
const ROTATING = "dataworks-rotating";
/** A connection that calls again what evidence shows as not executed. */
const RETRYING = "dataworks-retrying";
/** Two connections with the limits of the first. */
const SHARED = { owner: "wedata-owner", sharer: "wedata-sharer" };
const RETRIED = { ran: 773_001n, neverRan: 773_002n };
const LIMITS = { callsPerSecond: 4, perOperation: { TencentRerunScheduleInstances: 2 } };

const ALWAYS = { evidence: { before: "always", interval: "200ms" } };
const TO_THE_END = { ...ALWAYS, track: { until: "finished", interval: "100ms", timeout: "30s" } };

const processes = new TestProcesses();
const keyFile = join(processes.folder, "access-key-secret");
let topics: ServiceTopics;
let simulator: SimulatorProcess;
let service: ServiceProcess;

/** As a cluster mounts secrets: the file is there whole or not at all. */
function writeKey(secret: string): void {
  writeFileSync(`${keyFile}.new`, `${secret}\n`, { mode: 0o600 });
  renameSync(`${keyFile}.new`, keyFile);
}

beforeAll(async () => {
  writeKey("not-the-secret");
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-judging",
    }),
    processes.simulator(),
  ]);
  for (const [target, executed] of [
    [RETRIED.ran, true],
    [RETRIED.neverRan, false],
  ] as const) {
    const filter = { effect: "rerun", target: String(target) } as const;
    await simulator.admin.inject({ kind: "reset", executed, count: 1, filter });
  }
  const { tencentUrl, alibabaUrl } = simulator;
  const rotating = {
    type: "static",
    id: "${env:DEMO_ALIBABA_ID}",
    secret: `\${file:${keyFile}}`,
  };
  service = await processes.readyService(
    configOf(topics.place, [
      wedataAt(tencentUrl, ALWAYS),
      dataworksAt(alibabaUrl, ALWAYS),
      dmsAt(alibabaUrl, ALWAYS),
      wedataAt(tencentUrl, { name: FINISHED.wedata, ...TO_THE_END }),
      dataworksAt(alibabaUrl, { name: FINISHED.dataworks, ...TO_THE_END }),
      dmsAt(alibabaUrl, { name: FINISHED.dms, ...TO_THE_END }),
      dataworksAt(alibabaUrl, { name: ROTATING, credentials: rotating }),
      dataworksAt(alibabaUrl, { name: RETRYING, uncertain: "retry-if-absent", ...ALWAYS }),
      wedataAt(tencentUrl, { name: SHARED.owner, rateLimit: LIMITS }),
      wedataAt(tencentUrl, { name: SHARED.sharer, rateLimit: { shareWith: SHARED.owner } }),
    ]),
  );
  // That a call did not run is proven after half a minute: the other tests need not wait for it.
  const retrying = { provider: RETRYING };
  await topics.send([
    forDataworks("retried-ran", [RETRIED.ran], retrying),
    forDataworks("retried-never-ran", [RETRIED.neverRan], retrying),
  ]);
});
afterAll(async () => {
  await processes.close();
  await topics.close();
});

/** One request of each operation, its target in the spelling of outcomes, and whether it has a job. */
const OPERATIONS: readonly (readonly [
  operation: string,
  request: (name: string, index: number, provider?: string) => RerunRequest,
  target: (name: string, index: number) => string,
  finished: string,
])[] = [
  [
    "RerunTaskInstancesAsync",
    (name, _index, provider) => forWedata(name, [name], provider === undefined ? {} : { provider }),
    (name) => instanceKey(name),
    FINISHED.wedata,
  ],
  [
    "RunRerunScheduleInstances",
    (name, _index, provider) =>
      forSchedule(name, [name], provider === undefined ? {} : { provider }),
    (name) => instanceKey(name),
    FINISHED.wedata,
  ],
  [
    "RerunTriggerWorkflowRunAsync",
    (name, _index, provider) => forWorkflow(name, provider === undefined ? {} : { provider }),
    (name) => name,
    FINISHED.wedata,
  ],
  [
    "RerunTaskInstances",
    (name, index, provider) =>
      forDataworks(name, [bigOf(index)], provider === undefined ? {} : { provider }),
    (_name, index) => String(bigOf(index)),
    FINISHED.dataworks,
  ],
  [
    "ReRunTaskFlowInstance",
    (name, index, provider) =>
      forDms(name, flowRunOf(index), provider === undefined ? {} : { provider }),
    (_name, index) => String(flowRunOf(index)),
    FINISHED.dms,
  ],
];

/** An id past 2^53. */
function bigOf(index: number): bigint {
  return 9_007_199_254_740_993n + BigInt(index) * 2n;
}

/** Another one: the simulator tells arrivals by their target. */
function flowRunOf(index: number): bigint {
  return bigOf(1000 + index);
}

describe("each of the five operations", () => {
  it.each(OPERATIONS)("%s: is called once and SUCCEEDED", async (operation, request, target) => {
    const [name, index] = [`plain-${operation}`, 1];
    await topics.send(request(name, index));

    expect(await topics.final(name)).toMatchObject({
      status: "SUCCEEDED",
      targets: [{ target: target(name, index), status: "SUCCEEDED" }],
      reconciled: false,
      attempts: 1,
    });
    expect(await rerunsOf(simulator, target(name, index))).toMatchObject([{ action: operation }]);
  });

  it.each(OPERATIONS)(
    "%s: is SUCCEEDED, reconciled, when its answer was lost after it ran, and is not repeated",
    async (operation, request, target) => {
      const [name, index] = [`lost-${operation}`, 2];
      // A run of DMS must be listed before the call to be compared with.
      await simulator.admin.seedFlow({ flowId: "7000", instanceIds: [String(flowRunOf(index))] });
      await simulator.admin.inject({
        kind: "reset",
        executed: true,
        filter: { effect: "rerun", target: target(name, index) },
      });
      await topics.send(request(name, index));

      expect(await topics.final(name)).toMatchObject({
        status: "SUCCEEDED",
        reason: null,
        targets: [{ target: target(name, index), status: "SUCCEEDED" }],
        reconciled: true,
        attempts: 1,
      });
      expect(await rerunsOf(simulator, target(name, index))).toHaveLength(1);
    },
  );

  it("is FAILED/NOT_EXECUTED, or UNKNOWN where nothing proves it, when its call was lost before it ran", async () => {
    const index = 3;
    const names = OPERATIONS.map(([operation]) => `never-ran-${operation}`);
    for (const [at, [, request, target]] of OPERATIONS.entries()) {
      const name = names[at] ?? "";
      await simulator.admin.seedFlow({ flowId: "7000", instanceIds: [String(flowRunOf(index))] });
      await simulator.admin.inject({
        kind: "reset",
        executed: false,
        filter: { effect: "rerun", target: target(name, index) },
      });
      await topics.send(request(name, index));
    }
    const finals = await Promise.all(names.map(async (name) => topics.final(name)));

    const told = finals.map(({ operation, status, reason, reconciled, attempts }) => {
      return { operation, status, code: reason?.code, reconciled, attempts, why: reason?.message };
    });
    const proven = { status: "FAILED", code: "NOT_EXECUTED", reconciled: true, attempts: 1 };
    const open = { status: "UNKNOWN", code: "CALL_UNCERTAIN", reconciled: false, attempts: 1 };
    expect(told).toMatchObject([proven, proven, proven, proven, open]);
    const arrived = await Promise.all(
      OPERATIONS.map(async ([, , target], at) =>
        rerunsOf(simulator, target(names[at] ?? "", index)),
      ),
    );
    expect(arrived.map((calls) => calls.length)).toEqual([1, 1, 1, 1, 1]);
    expect(arrived.flat().filter(({ executed }) => executed)).toEqual([]);
  });

  it.each(OPERATIONS)(
    "%s: is ACCEPTED, and SUCCEEDED when its run has ended",
    async (operation, request, target, provider) => {
      const [name, index] = [`finished-${operation}`, 4];
      await simulator.admin.seedFlow({ flowId: "7000", instanceIds: [String(flowRunOf(index))] });
      await topics.send(request(name, index, provider));

      expect(await topics.final(name)).toMatchObject({
        status: "SUCCEEDED",
        targets: [{ target: target(name, index), status: "SUCCEEDED" }],
      });
      expect(topics.of(name).map(({ outcome }) => outcome.status)).toEqual([
        ...["ACCEPTED", "SUCCEEDED"],
      ]);
    },
  );

  it.each(OPERATIONS)(
    "%s: is FAILED/TARGETS_FAILED when its run did not end well",
    async (operation, request, target, provider) => {
      const [name, index] = [`failed-${operation}`, 5];
      await simulator.admin.seedFlow({ flowId: "7000", instanceIds: [String(flowRunOf(index))] });
      await simulator.admin.inject({
        kind: "run-outcome",
        outcome: "failed",
        filter: { target: target(name, index) },
      });
      await topics.send(request(name, index, provider));

      expect(await topics.final(name)).toMatchObject({
        status: "FAILED",
        reason: { code: "TARGETS_FAILED" },
        targets: [{ target: target(name, index), status: "FAILED" }],
      });
    },
  );
});

describe("a target that is asked for again while its first call is judged", () => {
  it("is not called before that call is concluded, so that its rerun is evidence for one alone", async () => {
    const id = bigOf(6);
    const filter = { effect: "rerun", target: String(id) } as const;
    await simulator.admin.inject({ kind: "reset", executed: false, count: 1, filter });
    await topics.send(forDataworks("never-ran-first", [id]));
    const arrived = async () => rerunsOf(simulator, String(id));
    await waitFor("the first call is lost", async () => (await arrived()).length === 1);
    await topics.send(forDataworks("ran-second", [id]));

    const second = await topics.final("ran-second");
    const first = await topics.final("never-ran-first");
    expect(second).toMatchObject({ status: "SUCCEEDED", reconciled: false, attempts: 1 });
    expect(first).toMatchObject({
      status: "FAILED",
      reason: { code: "NOT_EXECUTED" },
      reconciled: true,
    });
    expect(second.calledAt).toBeGreaterThanOrEqual(first.completedAt);
    expect((await arrived()).map(({ executed }) => executed)).toEqual([false, true]);
  });
});

describe("an uncertain call of a connection with retry-if-absent", () => {
  it("is not repeated when it ran", async () => {
    expect(await topics.final("retried-ran")).toMatchObject({
      ...{ status: "SUCCEEDED", reconciled: true, attempts: 1 },
    });
    expect(await rerunsOf(simulator, String(RETRIED.ran))).toHaveLength(1);
  });

  it("is repeated, by the same process and once, when it is proven that it did not run", async () => {
    expect(await topics.final("retried-never-ran")).toMatchObject({
      ...{ status: "SUCCEEDED", reconciled: false, attempts: 2 },
    });
    const calls = await rerunsOf(simulator, String(RETRIED.neverRan));
    expect(calls.map(({ executed }) => executed)).toEqual([false, true]);
  });
});

describe("a job that succeeded in part", () => {
  it("has the end of each target read from the targets themselves", async () => {
    const [ran, stood] = [instanceKey("part-ran"), instanceKey("part-stood")];
    const filter = { target: "part-" };
    await simulator.admin.inject({ kind: "partial-success", targets: [stood], filter });
    await topics.send(forWedata("partly", ["part-ran", "part-stood"]));

    expect(await topics.final("partly")).toMatchObject({
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED" },
      targets: [
        { target: ran, status: "SUCCEEDED" },
        { target: stood, status: "FAILED" },
      ],
    });
  });
});

describe("connections that share their limits", () => {
  it("never pass them together, in all or in one operation, as the provider counts", async () => {
    const providers = [SHARED.owner, SHARED.sharer];
    const requests = providers.flatMap((provider) =>
      Array.from({ length: 6 }, (_, i) => {
        const name = `shared-${provider}-${i}`;
        return i < 4
          ? forWedata(name, [name], { provider })
          : forSchedule(name, [name], { provider });
      }),
    );
    await topics.send(requests);
    const finals = await Promise.all(
      requests.map(async ({ requestId }) => topics.final(requestId)),
    );

    expect(finals.map(({ status }) => status)).toEqual(requests.map(() => "SUCCEEDED"));
    const calls = (await simulator.admin.arrivals()).filter(
      ({ effect, targets }) => effect === "rerun" && targets[0]?.startsWith("shared-") === true,
    );
    const scheduled = calls.filter(({ action }) => action === "RunRerunScheduleInstances");
    expect([calls.length, scheduled.length]).toEqual([12, 4]);
    // A simulator that stood still sees together what came apart.
    const { worstTimerLatenessMs, tickMs } = await simulator.admin.summary();
    const secondMs = 1000 - worstTimerLatenessMs - tickMs;
    expect(mostWithin(secondMs, calls)).toBeLessThanOrEqual(LIMITS.callsPerSecond);
    expect(mostWithin(secondMs, scheduled)).toBeLessThanOrEqual(2);
  });
});

/** The most of them that came within so many milliseconds. */
function mostWithin(ms: number, calls: readonly Arrival[]): number {
  const counts = calls.map(({ at }) => calls.filter((c) => c.at >= at && c.at < at + ms).length);
  return Math.max(...counts);
}

describe("keys in a file", () => {
  it("hold the lane while they are wrong, and burn no request when they are exchanged", async () => {
    await topics.send(forDataworks("rotated", [774_001n], { provider: ROTATING }));
    await waitFor("the lane is held", async () => {
      const { lanes } = await service.status();
      const lane = lanes.find(({ provider }) => provider === ROTATING);
      return lane?.held[0]?.why === "credentials";
    });
    writeKey(LOCAL_ENV.DEMO_ALIBABA_SECRET);

    expect(await topics.final("rotated")).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    const calls = await simulator.admin.arrivals();
    expect(calls.filter(({ ranTargets }) => ranTargets.includes("774001"))).toHaveLength(1);
  });
});

describe("/metrics", () => {
  it("counts what readings showed", async () => {
    const page = await fetchMetrics(service);

    expect(sumOf(page, "rerun_reconciliations_total", { verdict: "ran" })).toBe(6);
    expect(sumOf(page, "rerun_reconciliations_total", { verdict: "did-not-run" })).toBe(6);
    expect(sumOf(page, "rerun_reconciliations_total", { verdict: "cannot-tell" })).toBe(1);
  });
});
