import { readFile } from "node:fs/promises";
import { createRegistry } from "../src/avro/registry.ts";
import { loadSchemas } from "../src/avro/schemas.ts";
import { parseRequestFile } from "../src/cli/request-file.ts";
import { parseConfig } from "../src/config/parse-config.ts";
import { createKafka } from "../src/kafka/client.ts";
import { PartitionProducer } from "../src/kafka/partition-producer.ts";
import { silentLog } from "../src/observability/silent-log.ts";
import { LOCAL_ENV } from "../dev/rig/service-config.ts";
import { readFileSync } from "node:fs";

/** Puts so many new requests into a partition. */
export type SubmitTo = (partition: number, count: number) => Promise<void>;

export interface PartitionSubmitter {
  readonly submitTo: SubmitTo;
  readonly close: () => Promise<void>;
}

/** Submits requests to partitions by their number, which says which replica works them. */
export async function partitionSubmitter(
  configFile: string,
  lineOf: (number: number) => string,
): Promise<PartitionSubmitter> {
  const text = await readFile(configFile, "utf8");
  const parsed = parseConfig(text, {
    env: LOCAL_ENV,
    readFile: (path) => readFileSync(path, "utf8"),
  });
  if (!parsed.ok) throw new Error("the bench's own config cannot be used");
  const { kafka, schemaRegistry } = parsed.config;
  const { requests } = loadSchemas(kafka.topics);
  const registry = createRegistry(schemaRegistry);
  const schemaId = await registry.idOf(requests.subject, requests.text);
  const producer = new PartitionProducer({
    ...{ kafka: createKafka(kafka, silentLog), topic: kafka.topics.requests },
    ...{ timeoutMs: 30_000, needsAppendTime: false },
  });
  let submitted = 0;
  return {
    submitTo: async (partition, count) => {
      const lines = Array.from({ length: count }, () => lineOf(submitted++)).join("\n");
      const file = parseRequestFile(lines, {
        ...{ schemaText: requests.text, requestedBy: null },
        ...{ now: Date.now(), newId: () => "unused" },
      });
      if (file.kind === "problems") throw new Error(file.problems.join("\n"));
      const values = await Promise.all(
        file.requests.map(async (request) => registry.encode(schemaId, request)),
      );
      await producer.append(partition, "bench", values);
    },
    close: async () => producer.close(5000),
  };
}
