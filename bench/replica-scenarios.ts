import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Fault } from "../dev/simulator/fault.ts";
import { patchFolder } from "../dev/stack/kafka.ts";
import type { SubmitTo } from "./partition-submitter.ts";
import type { Bench, Run, RunOptions } from "./rig.ts";

/** What several replicas that share a limit go through. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly run: Pick<RunOptions, "secure" | "nodeOptions" | "patch">;
  readonly faults: readonly Fault[];
  readonly load: (submitTo: SubmitTo, requests: number) => Promise<void>;
  /** Whether the broker's clock can be set. */
  readonly isClockSettable: boolean;
  /** What happens meanwhile, until the signal aborts. */
  readonly trouble: (run: Run, bench: Bench, signal: AbortSignal) => Promise<void>;
  /** The least rate on a calm machine; null: it is only printed. */
  readonly atLeast: number | null;
  /** A control: without what it lacks the limit must be broken. */
  readonly mustBreak: boolean;
}

const PARTITIONS = 8;
const SUSTAINED = 19;
const STALL = ["--import ./bench/stall-event-loop.mjs"];
const control = (name: string) => new URL(`./controls/${name}.ts`, import.meta.url).href;
const HANDSHAKE: Fault = { kind: "handshake-delay", minMs: 20, maxMs: 300 };
const TLS = { run: { secure: true }, faults: [HANDSHAKE] };
/** What the broker is started with so that its clock can be set. */
export const CLOCK = fileURLToPath(new URL("settable-clock/SystemTime.java", import.meta.url));

const everywhere: Scenario["load"] = async (submitTo, requests) => {
  const each = Math.ceil(requests / PARTITIONS);
  for (let partition = 0; partition < PARTITIONS; partition++) await submitTo(partition, each);
};
const inOnePlace: Scenario["load"] = async (submitTo, requests) => submitTo(0, requests);
const BURST = 40;
const inBursts: Scenario["load"] = async (submitTo, requests) => {
  for (let sent = 0; sent < requests; sent += BURST) {
    for (const partition of [sent / BURST, sent / BURST + 3]) {
      await submitTo(Math.floor(partition) % PARTITIONS, BURST / 2);
    }
    await sleep(4000);
  }
};

const CALM: Omit<Scenario, "name" | "about"> = {
  ...{ run: {}, faults: [], load: everywhere, isClockSettable: false },
  ...{ atLeast: null, mustBreak: false },
  trouble: async () => Promise.resolve(),
};

/** In the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  { ...CALM, name: "equal", about: "all replicas have work", atLeast: SUSTAINED },
  { ...CALM, name: "unequal", about: "one has it all", load: inOnePlace, atLeast: SUSTAINED },
  { ...CALM, name: "bursty", about: "40 requests in two places every 4 s", load: inBursts },
  { ...CALM, name: "killed", about: "one is killed every 6 s and started again", trouble: killing },
  { ...CALM, name: "frozen", about: "SIGSTOP for 0.2–6 s, one after the other", trouble: freezing },
  {
    ...CALM,
    name: "stalled",
    about: "event loops stopped for 0.2–1 s",
    run: { nodeOptions: STALL },
  },
  { ...CALM, name: "broker", about: "the broker is killed and started again", trouble: breaking },
  {
    ...{ ...CALM, name: "stepped", about: "the broker's clock is set, by up to 5 s" },
    ...{ isClockSettable: true, trouble: stepping },
  },
  { ...CALM, ...TLS, name: "tls", about: "handshakes of 20–300 ms" },
  { ...CALM, ...TLS, name: "tls-bursty", about: "the same, in bursts", load: inBursts },
  {
    ...{ ...CALM, ...TLS, name: "control-naive", about: "slots without the chain; must break" },
    run: { secure: true, patch: control("naive-slots") },
    ...{ load: inBursts, mustBreak: true },
  },
  {
    ...{ ...CALM, name: "control-gate", about: "nobody looks at the time; must break" },
    ...{ run: { patch: control("open-slots"), nodeOptions: STALL }, mustBreak: true },
  },
];

async function killing(
  { replicas, startReplica }: Run,
  _: Bench,
  signal: AbortSignal,
): Promise<void> {
  for (let next = 0; await waits(6000, signal); next++) {
    const living = replicas.filter((one) => !killed.has(one));
    const victim = living[next % living.length];
    if (victim === undefined) return;
    killed.add(victim);
    victim.signal("SIGKILL");
    await victim.ended;
    await startReplica();
  }
}
const killed = new WeakSet<object>();

async function freezing({ replicas }: Run, _: Bench, signal: AbortSignal): Promise<void> {
  for (let next = 0; await waits(1500, signal); next++) {
    const frozen = replicas[next % replicas.length];
    frozen?.signal("SIGSTOP");
    await waits([200, 700, 2000, 6000][next % 4] ?? 0, signal);
    frozen?.signal("SIGCONT");
  }
}

async function breaking(_: Run, { stack }: Bench, signal: AbortSignal): Promise<void> {
  for (let times = 0; times < 2 && (await waits(10_000, signal)); times++) {
    await stack.kafka.kill();
    await sleep(1500);
    await stack.kafka.start();
  }
}

const STEPS_MS = [5000, -5000, 300, -2300, 2000];
async function stepping(_: Run, { stack }: Bench, signal: AbortSignal): Promise<void> {
  let offsetMs = 0;
  for (const stepMs of STEPS_MS) {
    if (!(await waits(7000, signal))) return;
    offsetMs += stepMs;
    // The broker must never see half a number.
    const file = join(patchFolder(stack.folder ?? ""), "offset-ms");
    await writeFile(`${file}.new`, String(offsetMs));
    await rename(`${file}.new`, file);
  }
}

/** False when the signal aborted meanwhile. */
async function waits(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
