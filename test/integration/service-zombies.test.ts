import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

import type { ServiceProcess } from "../../dev/rig/service-process.ts";
import type { SimulatorProcess } from "../../dev/rig/simulator-process.ts";
import { conflictingOutcomes, notCalledOnce, withoutOneEnd } from "../support/kept-promises.ts";
import { eventsOf } from "../support/log-events.ts";
import { fetchMetrics, sumOf } from "../support/metrics-page.ts";
import {
  configOf,
  type ConfigTree,
  dataworksAt,
  inQuickGroup,
  QUICK_CALLS,
  QUICK_CLAIMS,
} from "../support/service-config.ts";
import { ServiceTopics, waitFor } from "../support/service-topics.ts";
import { rerunsOf } from "../support/simulator-calls.ts";
import { type HoldingDoor, openHoldingDoorBefore } from "../support/tcp-server.ts";
import { preloading, TestProcesses } from "../support/test-service.ts";
import { forDataworks } from "../support/wire-requests.ts";

const PARTITIONS = [0, 1, 2, 3];
const STOPS = preloading("./stop-before-first-byte.ts");

const processes = new TestProcesses();
let topics: ServiceTopics;
let simulator: SimulatorProcess;
/** On the way of the first processes to the simulator. */
let door: HoldingDoor;
let first: ServiceProcess;
let second: ServiceProcess;

beforeAll(async () => {
  [topics, simulator] = await Promise.all([
    ServiceTopics.open({
      brokers: inject("brokers"),
      registryUrl: inject("registryUrl"),
      name: "service-zombies",
      partitions: PARTITIONS.length,
    }),
    processes.simulator(),
  ]);
  door = await openHoldingDoorBefore(Number(new URL(simulator.alibabaUrl).port));
});
afterAll(async () => {
  await processes.close();
  await door.close();
  await topics.close();
});

function configWith(url: string, calls: ConfigTree, more: ConfigTree = {}): ConfigTree {
  const connection = dataworksAt(url, calls);
  return inQuickGroup(configOf(topics.place, [connection], { ...QUICK_CLAIMS, ...more }));
}

function assignedTo(service: ServiceProcess): readonly number[] {
  return (eventsOf(service, "intake.assigned").at(-1)?.["assigned"] ?? []) as readonly number[];
}

/** Whether a signal stopped it. One that answers nothing may only be slow. */
async function isStopped({ pid }: ServiceProcess): Promise<boolean> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]);
  return stdout.trim().startsWith("T");
}

async function untilShared(): Promise<void> {
  await waitFor(
    "both have partitions",
    () => assignedTo(first).length === 2 && assignedTo(second).length === 2,
  );
}

/** One request for each partition, with a target of its own. */
function oneEach(name: string, from: bigint) {
  return PARTITIONS.map((n) => {
    const target = from + BigInt(n);
    return { id: `${name}-${n}`, target, request: forDataworks(`${name}-${n}`, [target]) };
  });
}

describe("partitions that move while calls of their requests are under way", () => {
  const slow = oneEach("slow", 331_000n);

  it("leave these calls to the one that made them, and each has one outcome", async () => {
    const url = `http://${door.host}:${door.port}`;
    // Longer than any test: the calls end when the door lets their answers through.
    const patient = { connectTimeout: "1s", callTimeout: "5m" };
    const config = configWith(url, patient, { drainTimeout: "10m" });
    first = await processes.readyService(config);
    // Frozen before it joins the group, so that it is soon there when it is wanted.
    second = await processes.service(config);
    second.signal("SIGSTOP");
    await topics.send(slow.map(({ request }) => request));
    await waitFor("all are called", async () => {
      const calls = await Promise.all(
        slow.map(async ({ target }) => rerunsOf(simulator, String(target))),
      );
      return calls.every(({ length }) => length === 1);
    });
    expect(assignedTo(first)).toEqual(PARTITIONS);
    second.signal("SIGCONT");
    await untilShared();
    expect(topics.outcomes).toEqual([]);

    door.release();
    const finals = await topics.finals(slow.map(({ id }) => id));
    expect(finals.map(({ status, reconciled }) => ({ status, reconciled }))).toEqual(
      slow.map(() => ({ status: "SUCCEEDED", reconciled: false })),
    );
    expect(new Set(finals.map(({ dispatcher }) => dispatcher)).size).toBe(1);
    await topics.allCommitted();
    expect(
      await notCalledOnce(
        simulator,
        slow.map(({ target }) => String(target)),
      ),
    ).toEqual([]);
    expect(
      withoutOneEnd(
        topics,
        slow.map(({ id }) => id),
      ),
    ).toEqual([]);
  });
});

describe("two requests for one target, each with another process", () => {
  it("are called one after the other: the second when the first is concluded", async () => {
    const targets = [332_000n, 332_001n, 332_002n];
    const pairs = targets.map((target) => ({
      target: String(target),
      requests: ["a", "b"].map((which) => forDataworks(`same-${target}-${which}`, [target])),
    }));
    await simulator.admin.inject({ kind: "latency", minMs: 700, maxMs: 700 });
    const places = [assignedTo(first)[0], assignedTo(second)[0]];
    await topics.sendRaw(
      ...(await Promise.all(
        pairs.flatMap(({ requests }) =>
          requests.map(async (request, which) => ({
            ...{ partition: places[which]!, value: await topics.encode(request) },
          })),
        ),
      )),
    );
    for (const { target, requests } of pairs) {
      const finals = await topics.finals(requests.map(({ requestId }) => requestId));
      expect(finals.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      const [earlier, later] = finals.toSorted((a, b) => a.calledAt! - b.calledAt!);
      expect(later!.calledAt).toBeGreaterThanOrEqual(earlier!.completedAt);
      expect(await rerunsOf(simulator, target)).toHaveLength(2);
    }
    await simulator.admin.clear();
    await topics.allCommitted();
    for (const service of [first, second]) expect(await service.stop()).toBe(0);
  });
});

describe("a process that is frozen right before the first byte of its call", () => {
  const frozen = { id: "frozen", target: "333000", request: forDataworks("frozen", [333_000n]) };

  it("does not call when it goes on, however long others have judged its claim", async () => {
    const config = configWith(simulator.alibabaUrl, QUICK_CALLS);
    first = await processes.readyService(config, { nodeOptions: STOPS });
    await topics.send(frozen.request);
    await waitFor("it is frozen", async () => isStopped(first));
    second = await processes.readyService(config);
    const final = await topics.final(frozen.id);
    expect(final).toMatchObject({ status: "UNKNOWN", reason: { code: "CALL_UNCERTAIN" } });
    expect(assignedTo(second)).toEqual(PARTITIONS);

    first.signal("SIGCONT");
    await untilShared();
    const after = oneEach("after-frost", 334_000n);
    await topics.send(after.map(({ request }) => request));
    const finals = await topics.finals(after.map(({ id }) => id));
    expect(finals.map(({ status }) => status)).toEqual(after.map(() => "SUCCEEDED"));
    await topics.allCommitted();
    expect(await rerunsOf(simulator, frozen.target)).toEqual([]);
    expect(topics.of(frozen.id)).toHaveLength(1);
  });

  it("says that it did not, which changes nothing any more", async () => {
    const page = await fetchMetrics(second);
    expect(sumOf(page, "rerun_journal_ignored_total", { record: "RELEASE" })).toBe(1);
    expect(conflictingOutcomes(topics)).toEqual([]);
    for (const service of [first, second]) expect(await service.stop()).toBe(0);
  });
});
