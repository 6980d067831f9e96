import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createRegistry, type Registry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import { runProgram } from "../../src/cli/program.ts";
import type { Config } from "../../src/config/config.ts";
import { renderProblems } from "../../src/config/config-problem.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { createKafka, type Kafka } from "../../src/kafka/client.ts";
import type { Teardown } from "../../src/lifecycle/teardown.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { LOCAL_CREDENTIALS, LOCAL_ENV } from "../rig/service-config.ts";
import { type SimulatorProcess, startSimulatorProcess } from "../rig/simulator-process.ts";
import { ownEnvironment } from "../stack/own-environment.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { chaosConfigText } from "./chaos-config.ts";
import { Door } from "./door.ts";

/** Everything around the services: brokers, registry, provider, topics and schemas. */
export interface Site {
  readonly stack: Stack;
  readonly simulator: SimulatorProcess;
  /** In front of DataWorks and DMS. */
  readonly door: Door;
  readonly configFile: string;
  readonly config: Config;
  readonly kafka: Kafka;
  readonly registry: Registry;
  /** Of the requests' schema. */
  readonly schemaId: number;
  readonly logFolder: string;
}

export interface SiteOptions {
  /** Where the services' logs are to stay; null: they go at the end. */
  readonly logs: string | null;
  readonly teardown: Teardown;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Of requests, outcomes and dead letters. */
export const PARTITIONS = 6;
/** A job's end takes a few polls, so that processes die while they follow it. */
const JOB_MS = 1200;
/** So that a killed broker is let in again soon. */
const BROKER_CONFIG = {
  "broker.session.timeout.ms": "3000",
  "broker.heartbeat.interval.ms": "500",
};
/** What the harness asks is asked again anyway. */
const KAFKA_RETRIES = 2;

/** Starts it all and resolves when services can begin; `teardown` stops it. */
export async function openSite({ logs, teardown, signal, tell }: SiteOptions): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "rerun-chaos-"));
  teardown.defer("temp folder", async () => rm(folder, { recursive: true, force: true }));
  const logFolder = logs ?? join(folder, "logs");
  await mkdir(logFolder, { recursive: true });
  // Brokers are killed here: it is never a stack that the environment points to.
  const env = { ...ownEnvironment(), RERUN_STACK_BROKERS: "", RERUN_STACK_REGISTRY_URL: "" };
  const [stack, simulator] = await Promise.all([
    startStack({ env, signal, brokerConfig: BROKER_CONFIG, log: tell }).then((started) => {
      teardown.defer("stack", async () => started.stop());
      return started;
    }),
    startSimulatorProcess({ folder, credentials: LOCAL_CREDENTIALS, jobDurationMs: JOB_MS }).then(
      (started) => {
        teardown.defer("simulator", async () => started.stop());
        return started;
      },
    ),
  ]);
  const door = await Door.to(Number(new URL(simulator.alibabaUrl).port));
  teardown.defer("door", () => door.close());
  const text = chaosConfigText({
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    wedataUrl: simulator.tencentUrl,
    alibabaUrl: `http://127.0.0.1:${door.port}`,
  });
  const configFile = join(folder, "rerun-dispatcher.yaml");
  await writeFile(configFile, text);
  await command(configFile, "topics", "--create", "--partitions", String(PARTITIONS));
  await command(configFile, "schemas", "--register");
  const config = configIn(text);
  const kafka = createKafka(config.kafka, silentLog, KAFKA_RETRIES);
  const registry = createRegistry(config.schemaRegistry);
  const { requests } = loadSchemas(config.kafka.topics);
  const schemaId = await registry.register(requests.subject, requests.text, requests.level);
  // No call is answered at once, so that there is a middle to die in.
  await simulator.admin.inject({
    ...{ kind: "latency", minMs: 100, maxMs: 600, filter: { effect: "rerun" } },
  });
  return { stack, simulator, door, configFile, config, kafka, registry, schemaId, logFolder };
}

function configIn(text: string): Config {
  const parsed = parseConfig(text, { env: LOCAL_ENV, readFile: () => "" });
  if (parsed.ok) return parsed.config;
  throw new Error(`the config of the services is wrong:\n${renderProblems(parsed.problems)}`);
}

/** Runs one of the program's commands in this process; rejects when it fails. */
async function command(configFile: string, name: string, ...rest: string[]): Promise<void> {
  const told: string[] = [];
  const never = new AbortController().signal;
  const exitCode = await runProgram([name, "--config", configFile, ...rest], {
    terminal: { stdout: () => undefined, stderr: (text) => void told.push(text), isTTY: false },
    ...{ env: LOCAL_ENV, version: "chaos", stop: never, abandon: never },
  });
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}:\n${told.join("")}`);
}
