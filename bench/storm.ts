import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DATAWORKS, WEDATA } from "../dev/rig/service-config.ts";
import type { ServiceProcess } from "../dev/rig/service-process.ts";
import { type Bench, type Run, withBench, withRun } from "./rig.ts";

const usage = `Usage: npm run bench:storm [-- --patience S] [--only NAME]

Publishes three storms in one go, each to a service that joins requests and to one that does not, and
prints how many calls arrived at the provider and how long after the last request was consumed all
were final. The limit is 20 calls a second, the provider answers at once.

  same       1,000 requests for 20 instances (DataWorks): at most 20 calls, final within 5 s
  project    10,000 requests for 200 instances of one project (WeData): calls for at most 1 %
  different  10,000 requests for as many instances (DataWorks): at least 15 times fewer calls

  --patience S   how long a storm is watched where nothing is joined (60 s): it takes minutes
  --only NAME    one of the storms
`;

interface Storm {
  readonly name: string;
  readonly requests: number;
  readonly targets: number;
  readonly provider: string;
  readonly operationOf: (target: number) => object;
  /** Calls, at the most. */
  readonly mostCalls: number;
  readonly finalWithinS: number;
}

const dataworks = (target: number) => ({
  DataWorksRerunTaskInstances: { instanceIds: [1_000_000 + target] },
});
const wedata = (target: number) => ({
  TencentRerunTaskInstances: {
    projectId: "1460947878944567296",
    instanceKeys: [`${20_250_714_000_000 + target}_2025-10-01 00:00:00`],
  },
});

const STORMS: readonly Storm[] = [
  {
    ...{ name: "same", requests: 1000, targets: 20, provider: DATAWORKS, operationOf: dataworks },
    ...{ mostCalls: 20, finalWithinS: 5 },
  },
  {
    ...{ name: "project", requests: 10_000, targets: 200, provider: WEDATA, operationOf: wedata },
    ...{ mostCalls: 100, finalWithinS: Infinity },
  },
  {
    ...{ name: "different", requests: 10_000, targets: 10_000, provider: DATAWORKS },
    ...{ operationOf: dataworks, mostCalls: 10_000 / 15, finalWithinS: Infinity },
  },
];

/** How a storm went, as far as it was watched. */
interface Passed {
  readonly calls: number;
  readonly final: number;
  /** From the last request that was consumed to the last one that was final. */
  readonly seconds: number;
}

const LOOK_EVERY_MS = 100;
/** What is joined is through long before; else something is wrong. */
const LONGEST_MS = 300_000;

const { values } = parseArgs({
  options: {
    patience: { type: "string", default: "60" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const patienceMs = Number(values.patience) * 1000;
const storms = STORMS.filter(({ name }) => values.only === undefined || name === values.only);

if (values.help) {
  process.stdout.write(usage);
} else if (Number.isNaN(patienceMs) || storms.length === 0) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await withBench(async (bench) => {
    let isGood = true;
    for (const storm of storms) isGood = (await compare(bench, storm)) && isGood;
    if (!isGood) process.exitCode = 1;
  });
}

/** Prints how the storm went with and without joining; whether it went as promised. */
async function compare(bench: Bench, storm: Storm): Promise<boolean> {
  const joined = await watch(bench, storm, { maxInstances: 20, patienceMs: LONGEST_MS });
  const apart = await watch(bench, storm, { maxInstances: 1, patienceMs });
  const { requests, targets, mostCalls, finalWithinS } = storm;
  const isGood =
    joined.final === requests && joined.calls <= mostCalls && joined.seconds <= finalWithinS;
  const within = finalWithinS === Infinity ? "" : `, final within ${finalWithinS} s`;
  process.stdout.write(
    [
      `${storm.name}: ${requests} requests for ${targets} instances`,
      `  joined       ${lineOf(joined, storm)}`,
      `  one by one   ${lineOf(apart, storm)}`,
      `  promised     at most ${Math.floor(mostCalls)} calls${within}: ${isGood ? "kept" : "BROKEN"}`,
      "",
    ].join("\n"),
  );
  return isGood;
}

function lineOf({ calls, final, seconds }: Passed, { requests }: Storm): string {
  const told = `${calls} calls, all final ${seconds.toFixed(1)} s after the last was consumed`;
  if (final === requests) return told;
  return `${calls} calls and ${final} of ${requests} final after ${seconds.toFixed(0)} s`;
}

async function watch(
  bench: Bench,
  storm: Storm,
  how: { readonly maxInstances: number; readonly patienceMs: number },
): Promise<Passed> {
  const { maxInstances } = how;
  const name = `storm-${storm.name}-${maxInstances}`;
  const providerLines = [`coalesce: { maxInstances: ${maxInstances} }`];
  return withRun(bench, { name, config: { providerLines } }, async (run) => {
    process.stderr.write(`${name}: publishing ${storm.requests} requests …\n`);
    await run.submit(linesOf(storm));
    return untilFinal(run, storm, how.patienceMs);
  });
}

async function untilFinal(
  { service, simulator }: Run,
  { requests }: Storm,
  patienceMs: number,
): Promise<Passed> {
  let consumedAt = performance.now();
  let isConsumed = false;
  for (;;) {
    const { received, final } = await countsOf(service);
    const now = performance.now();
    if (!isConsumed && received < requests) consumedAt = now;
    else isConsumed = true;
    const seconds = (now - consumedAt) / 1000;
    if (final === requests || (isConsumed && seconds * 1000 > patienceMs)) {
      const arrivals = await simulator.admin.arrivals();
      return { calls: arrivals.filter(({ effect }) => effect === "rerun").length, final, seconds };
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function countsOf({ url }: Pick<ServiceProcess, "url">): Promise<{
  readonly received: number;
  readonly final: number;
}> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    received: sum(/^rerun_requests_received_total\{.*\} (\S+)$/gm),
    final: sum(/^rerun_outcomes_total\{(?!.*status="ACCEPTED").*\} (\S+)$/gm),
  };
}

/** In an order in which the instances come mixed. */
function linesOf({ name, requests, targets, provider, operationOf }: Storm): string {
  return Array.from({ length: requests }, (_, n) =>
    JSON.stringify({
      requestId: `${name}-01975f3e-7c1a-7000-${String(n).padStart(8, "0")}`,
      ...{ provider, operation: operationOf((n * 7919) % targets) },
      ...{ requestedBy: `bench-storm-${n % 3}`, labels: { team: "payments" } },
    }),
  ).join("\n");
}
