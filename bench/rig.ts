import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../src/cli/program.ts";
import { Teardown } from "../src/lifecycle/teardown.ts";
import {
  LOCAL_CREDENTIALS,
  LOCAL_ENV,
  type LocalConfig,
  localConfigText,
} from "../dev/rig/service-config.ts";
import { buildProgram } from "../dev/rig/build-program.ts";
import type { Program } from "../dev/rig/child.ts";
import { type ServiceProcess, startServiceProcess } from "../dev/rig/service-process.ts";
import { type SimulatorProcess, startSimulatorProcess } from "../dev/rig/simulator-process.ts";
import type { StartStackOptions } from "../dev/stack/start-stack-options.ts";
import { type Stack, startStack } from "../dev/stack/stack.ts";

/** A broker, a registry and a folder for one bench; everything else is made anew for each run. */
export interface Bench {
  readonly stack: Stack;
  /** The service as it was built for the bench and as its image starts it. */
  readonly program: Program;
  readonly folder: string;
  /** What the present runs started, to be ended whatever happens. */
  readonly running: Set<Teardown>;
}

/** Runs `work` beside a stack of its own, and leaves nothing behind. */
export async function withBench<T>(
  work: (bench: Bench) => Promise<T>,
  options: Pick<StartStackOptions, "brokerPatch"> = {},
): Promise<T> {
  const teardown = new Teardown();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  }
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(stop.signal.reason as Error)); // set above
  });
  try {
    const folder = await mkdtemp(join(tmpdir(), "rerun-bench-"));
    teardown.defer("folder", async () => rm(folder, { recursive: true, force: true }));
    const program = await buildProgram();
    const stack = await startStack({ ...options, signal: stop.signal });
    teardown.defer("stack", async () => stack.stop());
    const running = new Set<Teardown>();
    teardown.defer("runs", async () => {
      await Promise.all([...running].map(async (run) => run.close()));
    });
    return await Promise.race([work({ stack, program, folder, running }), stopped]);
  } finally {
    await teardown.close();
  }
}

export interface Run {
  readonly simulator: SimulatorProcess;
  /** The first of the replicas. */
  readonly service: ServiceProcess;
  /** All that were started, the one whose end was waited for included. */
  readonly replicas: ServiceProcess[];
  /** Starts one more, which is ready when this resolves. */
  readonly startReplica: () => Promise<ServiceProcess>;
  readonly configFile: string;
  /** Submits JSON lines through the command of that name. */
  readonly submit: (jsonLines: string) => Promise<void>;
}

export interface RunOptions {
  readonly name: string;
  readonly secure?: boolean;
  readonly config?: Pick<LocalConfig, "providerLines" | "lines">;
  readonly nodeOptions?: readonly string[];
  /** The address of a module that changes the service: its sources are run then. */
  readonly patch?: string;
  /** How many processes share the work; one unless told. */
  readonly replicas?: number;
  /** Called when topics and schemas are there, before the service starts. */
  readonly before?: (submit: Run["submit"]) => Promise<void>;
}

/** Replicas of the service and one simulator with topics of their own; all are stopped at the end. */
export async function withRun<T>(
  { stack, program, folder, running }: Bench,
  options: RunOptions,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const { name, secure = false, config = {}, patch, before } = options;
  const patching = patch === undefined ? [] : ["--import tsx", `--import ${patch}`];
  const nodeOptions = [...patching, ...(options.nodeOptions ?? [])].join(" ");
  const teardown = new Teardown();
  running.add(teardown);
  try {
    const simulator = await startSimulatorProcess({ folder, credentials: LOCAL_CREDENTIALS });
    teardown.defer("simulator", async () => simulator.stop());
    const configFile = join(folder, `${name}.yaml`);
    const text = localConfigText({
      brokers: stack.brokers,
      registryUrl: stack.registryUrl,
      wedataUrl: secure ? simulator.tencentTlsUrl : simulator.tencentUrl,
      alibabaUrl: secure ? simulator.alibabaTlsUrl : simulator.alibabaUrl,
      ...(secure ? { caFile: simulator.caFile } : {}),
      suffix: `.${name}`,
      ...config,
    });
    await writeFile(configFile, text);
    await command(configFile, "topics", "--create");
    await command(configFile, "schemas", "--register");
    const submit = async (jsonLines: string): Promise<void> => {
      const file = join(folder, `${name}.jsonl`);
      await writeFile(file, jsonLines);
      await command(configFile, "submit", "--file", file);
    };
    await before?.(submit);
    const replicas: ServiceProcess[] = [];
    const startReplica = async (): Promise<ServiceProcess> => {
      const service = await startServiceProcess({
        configFile,
        env: LOCAL_ENV,
        ...(patch === undefined ? { program } : {}),
        ...(nodeOptions === "" ? {} : { nodeOptions }),
      });
      replicas.push(service);
      teardown.defer("service", async () => {
        await service.stop();
      });
      await service.ready();
      return service;
    };
    const service = await startReplica();
    for (let more = 1; more < (options.replicas ?? 1); more++) await startReplica();
    return await work({ simulator, service, replicas, startReplica, configFile, submit });
  } finally {
    await teardown.close();
    running.delete(teardown);
  }
}

/** Runs a command of the program in this process; rejects when it fails. */
export async function command(configFile: string, name: string, ...rest: string[]): Promise<void> {
  const told: string[] = [];
  const never = new AbortController().signal;
  const exitCode = await runProgram([name, "--config", configFile, ...rest], {
    terminal: { stdout: () => undefined, stderr: (text) => void told.push(text), isTTY: false },
    env: LOCAL_ENV,
    version: "bench",
    stop: never,
    abandon: never,
  });
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}:\n${told.join("")}`);
}
