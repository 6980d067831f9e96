import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DATAWORKS, WEDATA } from "../dev/rig/service-config.ts";
import type { ServiceProcess } from "../dev/rig/service-process.ts";
import { withBench, withRun } from "./rig.ts";

const usage = `Usage: npm run bench:intake [-- --requests N] [--seconds S]

Lets N requests (100000) wait for lanes of 20 calls a second and prints the service's memory: empty,
with all of them taken in, and S seconds (30) later.
`;

const MB = 1024 * 1024;
const PER_SUBMIT = 50_000;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seconds: { type: "string", default: "30" },
    help: { type: "boolean", default: false },
  },
});
const requests = Number(values.requests);
const seconds = Number(values.seconds);

if (values.help) {
  process.stdout.write(usage);
} else if (!Number.isInteger(requests) || Number.isNaN(seconds)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await withBench(async (bench) => {
    const config = { lines: [`intake: { maxWaiting: ${requests} }`] };
    await withRun(bench, { name: "intake", config }, async ({ service, submit }) => {
      const empty = await memoryOf(service);
      process.stderr.write(`submitting ${requests} requests …\n`);
      const started = performance.now();
      for (let from = 0; from < requests; from += PER_SUBMIT) {
        await submit(linesOf(from, Math.min(requests, from + PER_SUBMIT)));
      }
      process.stderr.write(
        `submitted after ${secondsSince(started)} s; waiting for the intake …\n`,
      );
      const waiting = await untilTaken(service);
      const full = await memoryOf(service);
      const peaks: number[] = [];
      for (let second = 0; second < seconds; second += 1) {
        await sleep(1000);
        peaks.push((await memoryOf(service)).resident);
      }
      const later = await memoryOf(service);
      const perRequest = (later.resident - empty.resident) / waiting;
      process.stdout.write(
        [
          `waiting requests   ${waiting}`,
          `empty              ${lineOf(empty)}`,
          `all taken in       ${lineOf(full)}`,
          `${seconds} s later         ${lineOf(later)}   highest resident ${megabytes(Math.max(...peaks, 0))}`,
          `growth             resident ${megabytes(later.resident - empty.resident)}, ${perRequest.toFixed(0)} bytes a request`,
          "",
        ].join("\n"),
      );
    });
  });
}

interface Memory {
  readonly resident: number;
  readonly heap: number;
  readonly heapTotal: number;
  readonly external: number;
}

async function memoryOf({ url }: Pick<ServiceProcess, "url">): Promise<Memory> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  return {
    resident: value("process_resident_memory_bytes"),
    heap: value("nodejs_heap_size_used_bytes"),
    heapTotal: value("nodejs_heap_size_total_bytes"),
    external: value("nodejs_external_memory_bytes"),
  };
}

/** Resolves with how many wait once no more come in. */
async function untilTaken(service: ServiceProcess): Promise<number> {
  const giveUpAt = performance.now() + 300_000;
  let before = -1;
  for (;;) {
    const { lanes } = await service.status();
    const waiting = lanes
      .map((lane) => lane.waiting.LOW + lane.waiting.NORMAL + lane.waiting.HIGH)
      .reduce((sum, count) => sum + count, 0);
    // Forty leave in a second; more must come in for the intake to be still at work.
    if (waiting > 0 && waiting <= before) return waiting;
    if (performance.now() > giveUpAt) throw new Error("the requests were not taken in");
    before = waiting;
    await sleep(1000);
  }
}

function linesOf(from: number, to: number): string {
  const lines: string[] = [];
  for (let i = from; i < to; i += 1) {
    const operation =
      i % 2 === 0
        ? {
            TencentRerunTaskInstances: {
              projectId: "1460947878944567296",
              instanceKeys: [`${20_250_714_000_000 + i}_2025-10-01 00:00:00`],
            },
          }
        : { DataWorksRerunTaskInstances: { instanceIds: [1_000_000 + i] } };
    lines.push(
      JSON.stringify({
        requestId: `01975f3e-7c1a-7000-8000-${String(i).padStart(12, "0")}`,
        provider: i % 2 === 0 ? WEDATA : DATAWORKS,
        operation,
        requestedBy: "bench-intake",
        labels: { team: "payments" },
      }),
    );
  }
  return lines.join("\n");
}

function lineOf({ resident, heap, heapTotal, external }: Memory): string {
  return `resident ${megabytes(resident)}   heap ${megabytes(heap)} of ${megabytes(heapTotal)}   external ${megabytes(external)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(0).padStart(4)} MB`;
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}
