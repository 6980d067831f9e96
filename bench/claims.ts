import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { columns } from "../src/cli/columns.ts";
import { DATAWORKS, LOCAL_ENV } from "../dev/rig/service-config.ts";
import { type ServiceProcess, startServiceProcess } from "../dev/rig/service-process.ts";
import { type Bench, command, type Run, withBench, withRun } from "./rig.ts";
import { bytesIn } from "./topic-bytes.ts";
import { unlimitedClaims } from "./unlimited-claims.ts";

const usage = `Usage: npm run bench:claims [-- --requests N] [--burst N]

What the right to call costs, through the whole service on a real broker: how long a claim takes,
alone and at 20 calls a second (N requests, 400); whether claims cost any of the rate; how many
there can be in a second without limits (N requests, 5000); the journal's bytes for a request; and
the processor time of an instance that only reads the journal along.
`;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "400" },
    burst: { type: "string", default: "5000" },
    help: { type: "boolean", default: false },
  },
});
const requests = Number(values.requests);
const burst = Number(values.burst);
const ALONE = 40;
if (values.help) {
  process.stdout.write(usage);
} else if (!Number.isInteger(requests) || !Number.isInteger(burst)) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await withBench(async (bench) => {
    const rows: (readonly string[])[] = [["WHAT", "FIGURE", "OF"]];
    const calm = { providerLines: ["evidence: { before: never }"] };
    await withRun(bench, { name: "paced", config: calm }, async (run) => {
      rows.push(await alone(run));
      rows.push(...(await paced(run, bench)));
    });
    await withRun(bench, { name: "fast" }, async ({ service }) => {
      await service.stop();
      const { brokers } = bench.stack;
      const rate = await unlimitedClaims({ brokers, topic: "rerun.journal.fast", requests: burst });
      const of = `${burst} requests, claimed, decided and published`;
      rows.push(["claims a second, without limits", rate.toFixed(0), of]);
    });
    process.stdout.write(columns(rows));
  });
}

/** One request at a time, each after the last is done. */
async function alone({ service, submit }: Run): Promise<readonly string[]> {
  const before = await figuresOf(service);
  for (let i = 0; i < ALONE; i += 1) {
    await submit(linesOf(`alone-${i}-`, 1));
    await untilPublished(service, before.published + i + 1);
  }
  return claimRow("a claim, alone", before, await figuresOf(service));
}

/** A backlog at 20 calls a second, beside an instance that has no requests and reads along. */
async function paced(
  { service, submit, simulator, configFile }: Run,
  { stack: { brokers }, program }: Bench,
): Promise<readonly (readonly string[])[]> {
  const spectator = await startServiceProcess({
    ...{ configFile: await spectatorConfig(configFile), program },
    env: LOCAL_ENV,
  });
  try {
    await spectator.ready();
    await sleep(3000);
    const [before, there] = [await figuresOf(service), await figuresOf(spectator)];
    const bytesBefore = await bytesIn(brokers, "rerun.journal.paced");
    const seen = (await simulator.admin.arrivals()).length;
    const since = performance.now();
    await submit(linesOf("paced-", requests));
    await untilPublished(service, before.published + requests);
    const seconds = (performance.now() - since) / 1000;
    const [after, thereAfter] = [await figuresOf(service), await figuresOf(spectator)];
    await sleep(1000);
    const bytes = (await bytesIn(brokers, "rerun.journal.paced")) - bytesBefore;
    const share = (cpu: number) => `${((100 * cpu) / seconds).toFixed(1)} %`;
    const arrivals = (await simulator.admin.arrivals()).slice(seen);
    return [
      claimRow("a claim, at 20 calls a second", before, after),
      ["calls a second (limit 20)", rateOf(arrivals).toFixed(2), `${requests} requests`],
      ["journal bytes a request", (bytes / requests).toFixed(0), `${requests} requests`],
      [
        "processor, the instance that calls",
        share(after.cpu - before.cpu),
        `${seconds.toFixed(0)} s`,
      ],
      [
        "processor, one that reads along",
        share(thereAfter.cpu - there.cpu),
        `${seconds.toFixed(0)} s`,
      ],
    ];
  } finally {
    await spectator.stop();
  }
}

/** The same journal, and a requests topic of its own that stays empty. */
async function spectatorConfig(configFile: string): Promise<string> {
  const text = await readFile(configFile, "utf8");
  const file = configFile.replace(/\.yaml$/, "-spectator.yaml");
  await writeFile(
    file,
    text
      .replace(/requests: rerun\.requests/, "requests: rerun.no-requests")
      .replace(/groupId: rerun-dispatcher/, "groupId: spectator"),
  );
  await command(file, "topics", "--create");
  return file;
}

/** What a service has done so far, as its metrics tell. */
interface Figures {
  readonly claims: number;
  readonly published: number;
  /** Processor seconds. */
  readonly cpu: number;
  /** Upper bound in seconds → claims that took no longer. */
  readonly buckets: ReadonlyMap<number, number>;
}

async function figuresOf({ url }: Pick<ServiceProcess, "url">): Promise<Figures> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (pattern: RegExp) =>
    [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  const buckets = [
    ...text.matchAll(/^rerun_claim_duration_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm),
  ];
  return {
    claims: sum(/^rerun_claims_total\{result="granted"\} (\d+)$/gm),
    published: sum(/^rerun_outcomes_total\{[^}]*status="SUCCEEDED"[^}]*\} (\d+)$/gm),
    cpu: sum(/^process_cpu_seconds_total (\S+)$/gm),
    buckets: new Map(
      buckets.map(([, le, count]) => [le === "+Inf" ? Infinity : Number(le), Number(count)]),
    ),
  };
}

/** Between which bounds the median and the 99th percentile of the claims between two moments lie. */
function claimRow(what: string, before: Figures, after: Figures): readonly string[] {
  const counts = [...after.buckets].map(
    ([bound, count]) => [bound, count - (before.buckets.get(bound) ?? 0)] as const,
  );
  const all = counts.at(-1)?.[1] ?? 0;
  const within = (share: number): string => {
    const index = counts.findIndex(([, count]) => count >= all * share);
    const [from, to] = [counts[index - 1]?.[0] ?? 0, counts[index]?.[0] ?? 0];
    return `${1000 * from}-${1000 * to} ms`;
  };
  return [what, `p50 ${within(0.5)}, p99 ${within(0.99)}`, `${all} claims`];
}

async function untilPublished(service: ServiceProcess, count: number): Promise<void> {
  const giveUpAt = performance.now() + 300_000;
  while ((await figuresOf(service)).published < count) {
    if (performance.now() > giveUpAt) throw new Error("the requests were not worked in 5 minutes");
    await sleep(50);
  }
}

function rateOf(arrivals: readonly { readonly at: number }[]): number {
  const first = arrivals[0]?.at ?? 0;
  const last = arrivals.at(-1)?.at ?? 0;
  return ((arrivals.length - 1) * 1000) / (last - first);
}

function linesOf(prefix: string, count: number): string {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      requestId: `${prefix}01975f3e-7c1a-7000-8000-${String(i).padStart(12, "0")}`,
      provider: DATAWORKS,
      operation: {
        DataWorksRerunTaskInstances: { instanceIds: [(prefix.length << 20) + 1_000_000 + i] },
      },
      requestedBy: "bench-claims",
      labels: { team: "payments" },
    }),
  );
  return lines.join("\n");
}
