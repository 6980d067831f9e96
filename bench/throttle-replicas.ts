import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { columns } from "../src/cli/columns.ts";
import { DATAWORKS } from "../dev/rig/service-config.ts";
import type { Arrival } from "../dev/simulator/arrivals.ts";
import { partitionSubmitter } from "./partition-submitter.ts";
import { CLOCK, type Scenario, SCENARIOS } from "./replica-scenarios.ts";
import { type Bench, type Run, withBench, withRun } from "./rig.ts";

export interface ReplicaBenchOptions {
  readonly replicas: number;
  readonly requests: number;
  readonly only: string | undefined;
}

const LIMIT = 20;

/** The scenarios' names, for the usage. */
export const REPLICA_SCENARIOS = SCENARIOS.map(({ name }) => name).join(", ");

interface Result {
  readonly scenario: Scenario;
  readonly calls: number;
  readonly rate: number;
  readonly most: number;
  readonly mostJudged: number;
  readonly judgedMs: number;
  readonly leastSpan: number;
  readonly load: number;
  /** How the slots of all replicas that live ended. */
  readonly slots: string;
}

/** Measures several replicas at one limit; 0 when every scenario ended as it must. */
export async function benchReplicas(options: ReplicaBenchOptions): Promise<number> {
  const chosen = SCENARIOS.filter(
    ({ name }) => options.only === undefined || name === options.only,
  );
  if (chosen.length === 0 || !Number.isInteger(options.replicas) || options.replicas < 1) {
    process.stderr.write(`scenarios: ${REPLICA_SCENARIOS}\n`);
    return 2;
  }
  const results = new Map<Scenario, Result>();
  for (const isClockSettable of [false, true]) {
    const scenarios = chosen.filter((one) => one.isClockSettable === isClockSettable);
    if (scenarios.length === 0) continue;
    const work = async (bench: Bench): Promise<void> => {
      for (const scenario of scenarios) {
        process.stderr.write(`${scenario.name}: ${scenario.about} …\n`);
        const result = await measure(bench, scenario, options);
        results.set(scenario, result);
        process.stderr.write(`  ${cellsOf(result).join("   ")}\n`);
      }
    };
    await withBench(work, isClockSettable ? { brokerPatch: [CLOCK] } : {});
  }
  const all = [...results.values()];
  process.stdout.write(render(all, options.replicas));
  return all.every(isAsItMust) ? 0 : 1;
}

async function measure(
  bench: Bench,
  scenario: Scenario,
  { replicas, requests }: ReplicaBenchOptions,
): Promise<Result> {
  const { name, run, faults } = scenario;
  const config = {
    providerLines: ["coalesce: { maxInstances: 1 }", "maxConcurrentCalls: 60"],
    lines: ["claims: { callWithin: 5s, grace: 2s }"],
  };
  return withRun(bench, { name, replicas, config, ...run }, async (running) => {
    const { admin } = running.simulator;
    for (const fault of faults) await admin.inject(fault);
    // The group has to have settled: partitions that move would be counted as a pause.
    await sleep(5000);
    const submitter = await partitionSubmitter(running.configFile, lineOf);
    const over = new AbortController();
    const load = scenario.load(submitter.submitTo, requests);
    const trouble = scenario.trouble(running, bench, over.signal);
    await load;
    await untilCalled(async () => (await reruns(running)).length, requests);
    over.abort();
    await trouble;
    await submitter.close();
    const arrivals = await reruns(running);
    const { worstTimerLatenessMs, tickMs } = await admin.summary();
    const judgedMs = Math.max(0, Math.floor(1000 - worstTimerLatenessMs - tickMs));
    return {
      ...{ scenario, calls: arrivals.length, rate: rateOf(arrivals), judgedMs },
      most: await busiest(running, 1000),
      mostJudged: await busiest(running, judgedMs),
      leastSpan: leastSpan(arrivals),
      ...{ load: loadavg()[0] ?? 0, slots: await slotEnds(running) },
    };
  });
}

const SLOT_ENDS = ["used", "late", "wasted", "void"];

async function slotEnds({ replicas }: Run): Promise<string> {
  const pages = replicas.map(async ({ url }) => (await fetch(`${url}/metrics`)).text());
  const told = (await Promise.allSettled(pages)).map((page) =>
    page.status === "fulfilled" ? page.value : "",
  );
  const sums = SLOT_ENDS.map((end) => {
    const line = new RegExp(
      `^rerun_slots_total\\{provider="${DATAWORKS}",end="${end}"\\} (\\d+)`,
      "m",
    );
    return told.reduce((sum, page) => sum + Number(line.exec(page)?.[1] ?? 0), 0);
  });
  return sums.join("/");
}

async function reruns({ simulator }: Run): Promise<readonly Arrival[]> {
  return (await simulator.admin.arrivals()).filter(({ effect }) => effect === "rerun");
}

async function busiest({ simulator }: Run, windowMs: number): Promise<number> {
  const { busiestWindows } = await simulator.admin.summary({ windowMs });
  return Math.max(0, ...busiestWindows.map((window) => window.reruns));
}

/** Ends too when nothing was called for long: a killed process leaves uncertain calls behind. */
async function untilCalled(count: () => Promise<number>, wanted: number): Promise<void> {
  let [made, since] = [0, performance.now()];
  while (made < wanted && performance.now() - since < 30_000) {
    await sleep(500);
    const now = await count();
    if (now > made) [made, since] = [now, performance.now()];
  }
}

function rateOf(arrivals: readonly Arrival[]): number {
  const first = arrivals.at(0)?.at ?? 0;
  const last = arrivals.at(-1)?.at ?? 0;
  return ((arrivals.length - 1) * 1000) / Math.max(1, last - first);
}

/** The shortest time in which one more than the limit arrived. */
function leastSpan(arrivals: readonly Arrival[]): number {
  const spans = arrivals.slice(LIMIT).map(({ at }, index) => at - (arrivals[index]?.at ?? 0));
  return Math.min(Infinity, ...spans);
}

function lineOf(number: number): string {
  return JSON.stringify({
    ...{ requestId: `bench-${number}`, provider: DATAWORKS, requestedBy: "bench" },
    operation: { DataWorksRerunTaskInstances: { instanceIds: [1_000_000 + number] } },
  });
}

function isAsItMust({ scenario, mostJudged, most }: Result): boolean {
  return scenario.mustBreak ? most > LIMIT : mostJudged <= LIMIT;
}

function cellsOf(result: Result): readonly string[] {
  const { scenario, calls, rate, most, mostJudged, judgedMs, leastSpan: span, load } = result;
  const verdict = scenario.mustBreak ? "broken, as it must" : "ok";
  const slow =
    scenario.atLeast !== null && rate < scenario.atLeast ? ` below ${scenario.atLeast}` : "";
  return [
    scenario.name,
    String(calls),
    rate.toFixed(2) + slow,
    String(most),
    span.toFixed(1),
    `${mostJudged} in ${judgedMs} ms`,
    load.toFixed(1),
    result.slots,
    isAsItMust(result) ? verdict : "WRONG",
  ];
}

function render(results: readonly Result[], replicas: number): string {
  const head = [
    ...["SCENARIO", "CALLS", "CALLS/S", "MOST IN 1000 MS", "LEAST MS FOR 21"],
    ...["MOST, JUDGED", "LOAD", SLOT_ENDS.join("/").toUpperCase(), "LIMIT 20"],
  ];
  return `${replicas} replicas\n${columns([head, ...results.map(cellsOf)])}\nJudged in a second shortened by the simulator's own worst timer lateness.\n`;
}
