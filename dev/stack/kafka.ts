import { mkdir, readdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { Kafka, logLevel } from "kafkajs";

import { withFreePorts } from "./free-ports.ts";
import { JavaPart } from "./java-part.ts";
import { jvmFlags } from "./jvm-flags.ts";
import { type PartHandle } from "./part-handle.ts";
import { type PartStart } from "./part-start.ts";
import { serverProperties } from "./server-properties.ts";

// Any base64 UUID serves: every run has a cluster of its own.
const clusterId = "AAAAAAAAQACAAAAAAAAAAA";

/** A broker that answers. */
export interface StartedKafka {
  readonly broker: string;
  readonly handle: PartHandle;
}

/** Formats a data folder and starts one broker on it; resolves once it takes part in its cluster. */
export async function startKafka(
  start: PartStart,
  overrides: Readonly<Record<string, string>>,
  patch: readonly string[],
): Promise<StartedKafka> {
  const classes = join(start.artifactFolder, "*");
  const patched = await compile(patch, start);
  return withFreePorts(2, async ([brokerPort = 0, controllerPort = 0]) => {
    const folder = join(start.run.folder, `kafka-${brokerPort}`);
    await mkdir(join(folder, "tmp"), { recursive: true });
    const properties = join(folder, "server.properties");
    const dataFolder = join(folder, "data");
    await writeFile(
      properties,
      serverProperties({ brokerPort, controllerPort, dataFolder, overrides }),
    );
    const java = (...args: string[]): readonly string[] => [
      ...jvmFlags("256m", join(folder, "tmp")),
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      "-cp",
      [...patched, classes].join(delimiter),
      ...args,
    ];
    const format = java("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties);
    const { command } = start.java;
    await start.run.runToEnd({ name: "kafka-format", command, args: format }, start.startTimeoutMs);
    const broker = `127.0.0.1:${brokerPort}`;
    const handle = new JavaPart({
      ...start,
      command: { name: "kafka", command, args: java("kafka.Kafka", properties) },
      answers: async () => isInItsCluster(broker),
    });
    await handle.start();
    return { broker, handle };
  });
}

/** Where in the folder of a run the compiled `brokerPatch` stands. */
export function patchFolder(runFolder: string): string {
  return join(runFolder, "broker-patch");
}

/** The folders of what was compiled: one, or none when there is nothing to compile. */
async function compile(
  sources: readonly string[],
  { run, java, artifactFolder, startTimeoutMs }: PartStart,
): Promise<readonly string[]> {
  if (sources.length === 0) return [];
  const folder = patchFolder(run.folder);
  await mkdir(folder, { recursive: true });
  // A runtime has no `javac` on the PATH, but every JDK has the module.
  const compiler = ["-m", "jdk.compiler/com.sun.tools.javac.Main"];
  // Only Java's own launcher knows what a star in a class path means.
  const jars = (await readdir(artifactFolder)).map((name) => join(artifactFolder, name));
  const args = [...compiler, "-cp", jars.join(delimiter), "-d", folder, ...sources];
  await run.runToEnd({ name: "kafka-patch", command: java.command, args }, startTimeoutMs);
  return [folder];
}

/** A broker answers a little before the controller lets it serve; then it lists itself. */
async function isInItsCluster(broker: string): Promise<boolean> {
  const kafka = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 3000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return brokers.length > 0 && controller !== null;
  } finally {
    await admin.disconnect();
  }
}
