import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DATAWORKS, WEDATA } from "../dev/rig/service-config.ts";
import type { ServiceProcess } from "../dev/rig/service-process.ts";
import { type Run, withBench, withRun } from "./rig.ts";

const usage = `Usage: npm run bench:intake [-- --requests N] [--max-waiting N]

Starts the service with N requests (1000000) in the requests topic, for two lanes of 20 calls a second,
and prints when the first call arrived after the start, and its memory until all are taken in. At most
--max-waiting (200000, the default of intake.maxWaiting) wait in memory, the others as places in the
topic. It fails above 256 MB, or when the first call comes later than 5 s after the service is ready
to consume.
`;

const MB = 1024 * 1024;
const PER_SUBMIT = 50_000;
const MOST_MB = 256;
const FIRST_WITHIN_S = 5;
const PATIENCE_MS = 600_000;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "1000000" },
    "max-waiting": { type: "string", default: "200000" },
    help: { type: "boolean", default: false },
  },
});
const requests = Number(values.requests);
const maxWaiting = Number(values["max-waiting"]);

if (values.help) {
  process.stdout.write(usage);
} else if (!Number.isInteger(requests) || !Number.isInteger(maxWaiting)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await withBench(async (bench) => {
    const config = {
      lines: [`intake: { maxWaiting: ${maxWaiting} }`],
      providerLines: ["coalesce: { maxInstances: 1 }"],
    };
    const before = async (submit: Run["submit"]): Promise<void> => {
      for (let from = 0; from < requests; from += PER_SUBMIT) {
        await submit(linesOf(from, Math.min(requests, from + PER_SUBMIT)));
        process.stderr.write(`${Math.min(requests, from + PER_SUBMIT)} submitted\n`);
      }
    };
    await withRun(bench, { name: "intake", config, before }, async (run) => {
      const { firstCallS, highest, takenS, waiting, outside } = await untilTaken(run);
      const isGood = firstCallS <= FIRST_WITHIN_S && highest.resident <= MOST_MB * MB;
      if (!isGood) process.exitCode = 1;
      process.stdout.write(
        [
          `first call         ${firstCallS.toFixed(1)} s after the service was ready`,
          `all taken in       after ${takenS.toFixed(0)} s: ${waiting} wait in memory, ${outside} outside`,
          `highest            ${lineOf(highest)}`,
          `promised           first call within ${FIRST_WITHIN_S} s, under ${MOST_MB} MB: ${isGood ? "kept" : "BROKEN"}`,
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

interface Taken {
  readonly firstCallS: number;
  readonly takenS: number;
  readonly highest: Memory;
  readonly waiting: number;
  readonly outside: number;
}

/** Watches until nothing more comes in. */
async function untilTaken({ service, simulator }: Run): Promise<Taken> {
  const started = performance.now();
  let [firstCallS, known] = [Infinity, 0];
  let highest = await memoryOf(service);
  while (performance.now() - started < PATIENCE_MS) {
    const sinceS = (performance.now() - started) / 1000;
    if (firstCallS === Infinity && (await simulator.admin.arrivals()).some(isCall)) {
      firstCallS = sinceS;
    }
    const memory = await memoryOf(service);
    if (memory.resident > highest.resident) highest = memory;
    const { lanes } = await service.status();
    const waiting = sum(lanes.map(({ waiting: { LOW, NORMAL, HIGH } }) => LOW + NORMAL + HIGH));
    const outside = sum(lanes.map(({ waitingOutsideOfMemory }) => waitingOutsideOfMemory));
    // Forty leave in a second; more must come in for the intake to be still at work.
    if (waiting > 0 && waiting + outside <= known) {
      return { firstCallS, highest, takenS: sinceS, waiting, outside };
    }
    known = waiting + outside;
    await sleep(known > 0 && firstCallS < Infinity ? 1000 : 50);
  }
  throw new Error("the requests were not taken in");
}

function isCall({ action }: { readonly action: string }): boolean {
  return /rerun/i.test(action);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
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
