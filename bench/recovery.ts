import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "../src/cli/columns.ts";
import { DATAWORKS, LOCAL_ENV } from "../dev/rig/service-config.ts";
import { type ServiceProcess, startServiceProcess } from "../dev/rig/service-process.ts";
import { plainVerdict } from "../src/domain/outcome.ts";
import { echoOf } from "../src/domain/rerun-request.ts";
import { digestOf } from "../src/journal/digest.ts";
import { journalPartitionOf } from "../src/journal/journal-partition.ts";
import type { ClosedRequest } from "../src/journal/journal-record.ts";
import { encodeRecord } from "../src/journal/record-codec.ts";
import { KafkaJournalLog } from "../src/kafka/journal-topic.ts";
import { silentLog } from "../src/observability/silent-log.ts";
import { benchKafka } from "./bench-kafka.ts";
import { requestOf } from "./bench-requests.ts";
import { writeReruns } from "./guard-history.ts";
import { type Bench, withBench, withRun } from "./rig.ts";

const usage = `Usage: npm run bench:recovery [-- --requests N] [-- --targets N]

Fills a journal with N (1000000) finished requests within the dedupe window, and prints how long a
service takes from its start to ready, and its memory: without a summary, and from one. With targets it
is the summary of a day in which N of them were run again, within their budget's window.
`;

const { values } = parseArgs({
  options: {
    requests: { type: "string" },
    targets: { type: "string", default: "0" },
    help: { type: "boolean", default: false },
  },
});
const targets = Number(values.targets);
const requests = Number(values.requests ?? (targets > 0 ? 0 : 1_000_000));
/** As `topics --create` makes it. */
const JOURNAL_PARTITIONS = 8;
const IN_A_RECORD = 200;
const PATIENCE_MS = 300_000;
const MB = 1024 * 1024;
const TARGET_SECONDS = 15;
const TARGET_MB = 256;

if (values.help) {
  process.stdout.write(usage);
} else if (!Number.isInteger(requests) || !Number.isInteger(targets)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  const rows = [
    ["START", "READY AFTER", "RESIDENT", "HIGHEST", "REQUESTS", "TARGETS", "READ FROM THE JOURNAL"],
  ];
  const judged = { isWithin: false };
  await withBench(async (bench) => {
    const name = "recovery";
    await withRun(bench, { name }, async ({ service, configFile }) => {
      await service.stop();
      process.stderr.write(`writing ${requests} finished requests and ${targets} reruns …\n`);
      if (targets > 0) {
        await writeReruns(
          { brokers: bench.stack.brokers, name, partitions: JOURNAL_PARTITIONS },
          targets,
        );
      } else {
        await fill(bench.stack.brokers, `rerun.journal.${name}`);
        const plain = await start(bench, configFile);
        rows.push(rowOf("without a summary", plain));
        process.stderr.write("waiting for the summary …\n");
        await untilSummarised(plain.service);
        await plain.service.stop();
      }
      const summarised = await start(bench, configFile);
      rows.push(rowOf("from the summary", summarised));
      judged.isWithin = summarised.seconds < TARGET_SECONDS && summarised.peakMb < TARGET_MB;
      await summarised.service.stop();
    });
  });
  process.stdout.write(columns(rows));
  process.stdout.write(
    `from the summary: ready in under ${TARGET_SECONDS} s and under ${TARGET_MB} MB: ${judged.isWithin ? "yes" : "NO"}\n`,
  );
  process.exitCode = judged.isWithin ? 0 : 1;
}

/** Verdicts without a call leave the same traces as calls do once they are published. */
async function fill(brokers: readonly string[], topic: string): Promise<void> {
  const now = () => performance.now();
  const partition = journalPartitionOf(DATAWORKS, JOURNAL_PARTITIONS);
  const log = new KafkaJournalLog({
    ...{ kafka: benchKafka(brokers, topic), topic, log: silentLog, now },
    ...{ requestTimeoutMs: 60_000, onFailure: () => undefined },
  });
  for (let from = 0; from < requests; from += IN_A_RECORD) {
    const count = Math.min(IN_A_RECORD, requests - from);
    const closed = Array.from({ length: count }, (_, i) => closedOf(from + i));
    await log.append(partition, DATAWORKS, [
      encodeRecord({
        ...{ kind: "CLOSE", provider: DATAWORKS, instance: "bench", windowMs: 86_400_000 },
        requests: closed,
      }),
      encodeRecord({
        ...{ kind: "PUBLISHED", provider: DATAWORKS, which: "final" },
        requestIds: closed.map(({ requestId }) => requestId),
      }),
    ]);
  }
  await log.close(3000);
}

function closedOf(number: number): ClosedRequest {
  const { request, source, receivedAt, trace } = requestOf(number);
  const { requestId } = request;
  const identity = { requestId, digest: digestOf(request), attempt: 1, source, receivedAt, trace };
  const history = { attempts: 0, calledAt: null, coalesced: 1, reconciled: false };
  const verdict = plainVerdict("DRY_RUN");
  const told = { verdict, history, completedAt: receivedAt, dispatcher: "bench" };
  return { ...identity, echo: echoOf(request), told };
}

interface Start {
  readonly service: ServiceProcess;
  readonly seconds: number;
  readonly residentMb: number;
  readonly peakMb: number;
  readonly remembered: number;
  readonly guarded: number;
  readonly read: string;
}

/** Starts a service and waits until it is ready. */
async function start({ program }: Bench, configFile: string): Promise<Start> {
  const since = performance.now();
  const service = await startServiceProcess({ configFile, program, env: LOCAL_ENV });
  await untilReady(service);
  const seconds = (performance.now() - since) / 1000;
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
  const peakKb = Number(
    /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, "utf8"))?.[1],
  );
  const [begun] = service.logLines.filter((line) => line.includes('"event":"journal.recovered"'));
  const read = /"records":"?(\d+)/.exec(begun ?? "")?.[1] ?? "?";
  return {
    ...{ service, seconds, read },
    residentMb: value("process_resident_memory_bytes") / MB,
    peakMb: peakKb / 1024,
    remembered: value("rerun_journal_finished_requests"),
    guarded: value("rerun_guard_targets"),
  };
}

/** Without a summary it may take minutes; a service that does not get there is ended. */
async function untilReady(service: ServiceProcess): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const { status } = await fetch(`${service.url}/readyz`);
    if (status === 200) return;
    if (performance.now() > giveUpAt) {
      service.signal("SIGKILL");
      throw new Error(`the service was not ready within ${PATIENCE_MS / 1000} s`);
    }
    await sleep(50);
  }
}

/** Waits until the checkpoint has a summary of everything. */
async function untilSummarised(service: ServiceProcess): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    if (service.logLines.some((line) => line.includes('"event":"checkpoint.summarised"'))) {
      await sleep(1000);
      return;
    }
    await sleep(1000);
  }
  throw new Error("no summary was written within two minutes");
}

function rowOf(
  name: string,
  { seconds, residentMb, peakMb, remembered, guarded, read }: Start,
): string[] {
  const megabytes = (mb: number) => `${mb.toFixed(0)} MB`;
  return [
    ...[name, `${seconds.toFixed(1)} s`, megabytes(residentMb), megabytes(peakMb)],
    ...[String(remembered), String(guarded), `${read} records`],
  ];
}
