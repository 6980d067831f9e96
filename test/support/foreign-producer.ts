import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { kafkaArtifact } from "../../dev/stack/artifact.ts";
import { obtainArtifacts } from "../../dev/stack/artifacts.ts";
import { jvmFlags } from "../../dev/stack/jvm-flags.ts";
import { ownEnvironment } from "../../dev/stack/own-environment.ts";
import { StackRun } from "../../dev/stack/stack-run.ts";
import { findTools } from "../../dev/stack/toolbox.ts";

const source = fileURLToPath(new URL("../../dev/stack/foreign-producer.java", import.meta.url));

/** The codecs of Kafka's record batches, as the Java client names them. */
type ForeignCodec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** What to produce, and where. A string is its UTF-8 bytes; the records have no key. */
export interface ForeignRecords {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly codec: ForeignCodec;
  readonly lines: readonly (string | Uint8Array)[];
}

/**
 * Produces record values with Kafka's Java client, in batches as large as they get, compressed by
 * `codec`. Resolves once the broker acknowledged all of them. Give it lines that repeat themselves:
 * the client compresses any batch, but only those become smaller.
 *
 * It runs a single Java source file, so it needs a JDK, not only a runtime.
 */
export async function produceForeign(records: ForeignRecords): Promise<void> {
  const { brokers, topic, codec, lines } = records;
  const tools = await findTools(["kafka"], ownEnvironment());
  const run = await StackRun.open(tools.env);
  try {
    const [jars = ""] = await obtainArtifacts([kafkaArtifact], tools, run, {
      log: () => undefined,
      downloadTimeoutMs: 300_000,
    });
    const values = join(run.folder, "values");
    await writeFile(values, lines.map((line) => Buffer.from(line).toString("base64")).join("\n"));
    const args = [
      ...jvmFlags("256m", run.folder),
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
      ...["-cp", join(jars, "*"), source, brokers.join(","), topic, codec, values],
    ];
    await run.runToEnd({ name: "foreign-producer", command: tools.java.command, args }, 60_000);
  } finally {
    await run.close();
  }
}
