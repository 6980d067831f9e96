import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "../src/cli/columns.ts";
import { DATAWORKS, WEDATA } from "../dev/rig/service-config.ts";
import type { SimulatorAdmin } from "../dev/simulator/admin-client.ts";
import type { Arrival } from "../dev/simulator/arrivals.ts";
import type { Fault } from "../dev/simulator/fault.ts";
import { type Bench, type RunOptions, withBench, withRun } from "./rig.ts";
import { benchReplicas, REPLICA_SCENARIOS } from "./throttle-replicas.ts";

const usage = `Usage: npm run bench:throttle [-- --requests N] [--only NAME]
       npm run bench:throttle -- --replicas N [--requests N] [--only NAME]

Sends N requests (600) to one provider through the whole service and lets the simulator count.
Scenarios: calm, throttled, stalled, tls-dataworks, tls-wedata.
With --replicas so many processes share the limit, and the scenarios are: ${REPLICA_SCENARIOS}.
`;

const LIMIT = 20;
const SUSTAINED = 19.4;
const STALL = ["--import ./bench/stall-event-loop.mjs"];
const HANDSHAKE: Fault = { kind: "handshake-delay", minMs: 20, maxMs: 300 };

interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly provider: "wedata" | "dataworks";
  readonly run: Pick<RunOptions, "secure" | "nodeOptions">;
  readonly faults: readonly Fault[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: "calm", about: "no trouble", provider: "dataworks", run: {}, faults: [] },
  {
    name: "throttled",
    about: "one answer in ten says throttled",
    provider: "wedata",
    run: {},
    faults: [{ kind: "throttle", probability: 0.1, filter: { effect: "rerun" } }],
  },
  {
    name: "stalled",
    about: "event loop stopped ten times for 0.2–1 s",
    provider: "dataworks",
    run: { nodeOptions: STALL },
    faults: [],
  },
  ...(["dataworks", "wedata"] as const).map((provider) => ({
    name: `tls-${provider}`,
    about: "TLS with handshakes of 20–300 ms",
    provider,
    run: { secure: true },
    faults: [HANDSHAKE],
  })),
];

interface Result {
  readonly scenario: Scenario;
  readonly calls: number;
  readonly rate: number;
  readonly most: number;
  readonly mostShortened: number;
  readonly shortenedMs: number;
}

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "600" },
    only: { type: "string" },
    replicas: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const requests = Number(values.requests);
const chosen = SCENARIOS.filter(({ name }) => values.only === undefined || name === values.only);

if (values.help) {
  process.stdout.write(usage);
} else if (values.replicas !== undefined) {
  process.exitCode = await benchReplicas({
    replicas: Number(values.replicas),
    requests,
    only: values.only,
  });
} else if (chosen.length === 0 || !Number.isInteger(requests) || requests < 1) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await withBench(async (bench) => {
    const results: Result[] = [];
    for (const scenario of chosen) {
      process.stderr.write(`${scenario.name}: ${scenario.about} …\n`);
      results.push(await measure(bench, scenario));
    }
    process.stdout.write(render(results));
    return results.every(({ mostShortened }) => mostShortened <= LIMIT) ? 0 : 1;
  });
}

async function measure(bench: Bench, scenario: Scenario): Promise<Result> {
  const { name, run, faults, provider } = scenario;
  // What is measured is the pace of calls, not how few there can be.
  const config = { providerLines: ["coalesce: { maxInstances: 1 }"] };
  return withRun(bench, { name, config, ...run }, async ({ simulator, submit, service }) => {
    for (const fault of faults) await simulator.admin.inject(fault);
    await submit(Array.from({ length: requests }, (_, i) => lineOf(provider, i)).join("\n"));
    await untilDone(async () => {
      const { lanes } = await service.status();
      const busy = lanes.some(({ waiting, inFlight, trackedJobs }) => {
        return waiting.LOW + waiting.NORMAL + waiting.HIGH + inFlight + trackedJobs > 0;
      });
      const { targets } = await simulator.admin.summary();
      return !busy && targets.length >= requests;
    });
    const reruns = (await simulator.admin.arrivals()).filter(({ effect }) => effect === "rerun");
    const { worstTimerLatenessMs, tickMs } = await simulator.admin.summary();
    const shortenedMs = Math.max(0, Math.floor(1000 - worstTimerLatenessMs - tickMs));
    return {
      scenario,
      calls: reruns.length,
      rate: rateOf(reruns),
      most: await busiest(simulator.admin, 1000),
      mostShortened: await busiest(simulator.admin, shortenedMs),
      shortenedMs,
    };
  });
}

async function busiest(admin: SimulatorAdmin, windowMs: number): Promise<number> {
  const { busiestWindows } = await admin.summary({ windowMs });
  return Math.max(0, ...busiestWindows.map(({ reruns }) => reruns));
}

function rateOf(arrivals: readonly Arrival[]): number {
  const first = arrivals.at(0)?.at ?? 0;
  const last = arrivals.at(-1)?.at ?? 0;
  return ((arrivals.length - 1) * 1000) / Math.max(1, last - first);
}

async function untilDone(done: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + requests * 500 + 60_000;
  while (!(await done())) {
    if (performance.now() > giveUpAt) throw new Error("the requests were not all worked in time");
    await sleep(500);
  }
}

function lineOf(provider: Scenario["provider"], i: number): string {
  const operation =
    provider === "wedata"
      ? { TencentRerunTaskInstances: { projectId: "1", instanceKeys: [`${1_000_000 + i}_d`] } }
      : { DataWorksRerunTaskInstances: { instanceIds: [1_000_000 + i] } };
  return JSON.stringify({
    requestId: `bench-${i}`,
    provider: provider === "wedata" ? WEDATA : DATAWORKS,
    operation,
    requestedBy: "bench",
  });
}

function render(results: readonly Result[]): string {
  const rows = results.map(({ scenario, calls, rate, most, mostShortened, shortenedMs }) => [
    scenario.name,
    String(calls),
    rate.toFixed(2),
    String(most),
    `${mostShortened} in ${shortenedMs} ms`,
    mostShortened <= LIMIT ? "ok" : "BROKEN",
  ]);
  const head = ["SCENARIO", "CALLS", "CALLS/S", "MOST IN 1000 MS", "MOST, JUDGED", "LIMIT 20"];
  const calm = results.find(({ scenario }) => scenario.name === "calm");
  const load = loadavg()[0]?.toFixed(1) ?? "?";
  const note =
    calm === undefined
      ? ""
      : `calm: ${calm.rate.toFixed(2)} calls/s; at least ${SUSTAINED} on a calm machine: ${calm.rate >= SUSTAINED ? "yes" : "no"} (load average now ${load})\n`;
  return `${columns([head, ...rows])}\nJudged in a second shortened by the simulator's own worst timer lateness.\n${note}`;
}
