import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DATAWORKS, LOCAL_ENV, WEDATA } from "../dev/rig/service-config.ts";
import type { Fault } from "../dev/simulator/fault.ts";
import { type Bench, command, type Run, withBench, withRun } from "./rig.ts";

const usage = `Usage: npm run bench:isolation [-- --waiting N] [--requests N] [--only NAME]

Lets one connection of a service be in trouble while another one works, and prints the other one's
rate, as the provider counted it, beside its rate alone. It must keep 95 % of it.

  --waiting N    requests that wait for the lane that is held (1000000)
  --requests N   requests of the lane that works (400)
  --only NAME    alone is always run; hangs, refuses, throttles, held
`;

interface Trouble {
  readonly name: string;
  /** What the provider of the other lane does. */
  readonly fault: Fault | null;
  /** Whether somebody pauses the lane before its requests come. */
  readonly isHeld: boolean;
  /** How many requests the lane in trouble has; null: as many as `--waiting` says. */
  readonly requests: number | null;
}

const cloud = { filter: { cloud: "tencent" } } as const;
const TROUBLES: readonly Trouble[] = [
  { name: "alone", fault: null, isHeld: false, requests: 0 },
  {
    ...{ name: "hangs", isHeld: false, requests: 2000 },
    fault: { kind: "latency", minMs: 30_000, maxMs: 30_000, ...cloud },
  },
  {
    ...{ name: "refuses", isHeld: false, requests: 2000 },
    fault: { kind: "error", code: "InvalidParameter", ...cloud },
  },
  { name: "throttles", fault: { kind: "throttle", ...cloud }, isHeld: false, requests: 2000 },
  { name: "held", fault: null, isHeld: true, requests: null },
];

const KEEPS = 0.95;
const PER_SUBMIT = 50_000;
const MB = 1024 * 1024;
const PATIENCE_MS = 300_000;

const { values } = parseArgs({
  options: {
    waiting: { type: "string", default: "1000000" },
    requests: { type: "string", default: "400" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const waiting = Number(values.waiting);
const requests = Number(values.requests);

if (values.help) {
  process.stdout.write(usage);
} else if (!Number.isInteger(waiting) || !Number.isInteger(requests)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await withBench(async (bench) => {
    let alone = 0;
    for (const trouble of TROUBLES) {
      const { name } = trouble;
      if (name !== "alone" && values.only !== undefined && values.only !== name) continue;
      const { rate, highestMb } = await rateBeside(bench, trouble);
      if (name === "alone") alone = rate;
      const share = rate / alone;
      if (share < KEEPS) process.exitCode = 1;
      process.stdout.write(
        `${name.padEnd(10)} ${rate.toFixed(2)} calls/s   ${(100 * share).toFixed(1)} %   highest resident ${highestMb.toFixed(0)} MB${share < KEEPS ? "   BROKEN" : ""}\n`,
      );
    }
  });
}

/** The rate of the lane that works, and the memory of the process. */
async function rateBeside(
  bench: Bench,
  { name, fault, isHeld, requests: count }: Trouble,
): Promise<{ readonly rate: number; readonly highestMb: number }> {
  const config = { providerLines: ["coalesce: { maxInstances: 1 }", "breaker: null"] };
  return withRun(bench, { name: `isolation-${name}`, config }, async (run) => {
    if (fault !== null) await run.simulator.admin.inject(fault);
    if (isHeld) await command(run.configFile, "lanes", "pause", WEDATA, "--reason", "bench");
    const inTrouble = count ?? waiting;
    for (let from = 0; from < inTrouble; from += PER_SUBMIT) {
      await run.submit(wedataLines(from, Math.min(inTrouble, from + PER_SUBMIT)));
      process.stderr.write(`${name}: ${Math.min(inTrouble, from + PER_SUBMIT)} submitted\n`);
    }
    await untilTaken(run, isHeld ? inTrouble : 0);
    await run.submit(dataworksLines(requests));
    return rateOf(run);
  });
}

/** Until so many wait for the lane in trouble, in memory and outside of it. */
async function untilTaken({ service }: Run, count: number): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    const lane = (await service.status()).lanes.find(({ provider }) => provider === WEDATA);
    const { LOW = 0, NORMAL = 0, HIGH = 0 } = lane?.waiting ?? {};
    if (LOW + NORMAL + HIGH + (lane?.waitingOutsideOfMemory ?? 0) >= count) return;
    await sleep(500);
  }
  throw new Error("the requests of the lane in trouble were not taken in");
}

async function rateOf({
  service,
  simulator,
}: Run): Promise<{ readonly rate: number; readonly highestMb: number }> {
  let highestMb = 0;
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
    highestMb = Math.max(highestMb, bytes / MB);
    const times = (await simulator.admin.arrivals())
      .filter(
        ({ accessKeyId, action }) =>
          accessKeyId === LOCAL_ENV.DEMO_ALIBABA_ID && action.startsWith("Rerun"),
      )
      .map(({ at }) => at);
    if (times.length >= requests) {
      const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
      return { rate: (times.length - 1) / seconds, highestMb };
    }
    await sleep(500);
  }
  throw new Error("the lane that works did not get through its requests");
}

function wedataLines(from: number, to: number): string {
  const lines: string[] = [];
  for (let n = from; n < to; n += 1) {
    const instanceKeys = [`${20_250_714_000_000 + n}_2025-10-01 00:00:00`];
    const operation = {
      TencentRerunTaskInstances: { projectId: "1460947878944567296", instanceKeys },
    };
    lines.push(lineOf(`trouble-${n}`, WEDATA, operation));
  }
  return lines.join("\n");
}

function dataworksLines(count: number): string {
  return Array.from({ length: count }, (_, n) => {
    const operation = { DataWorksRerunTaskInstances: { instanceIds: [1_000_000 + n] } };
    return lineOf(`work-${n}`, DATAWORKS, operation);
  }).join("\n");
}

function lineOf(requestId: string, provider: string, operation: object): string {
  return JSON.stringify({ requestId, provider, operation, requestedBy: "bench-isolation" });
}
