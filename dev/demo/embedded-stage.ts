import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { loadSchemas } from "../../src/avro/schemas.ts";
import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { OutcomeReader } from "../../src/cli/outcome-reader.ts";
import { parseRequestFile } from "../../src/cli/request-file.ts";
import { requestKeyOf } from "../../src/cli/request-key.ts";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { startService } from "../../src/service.ts";
import { embeddedBackbone } from "../embedded/embedded-backbone.ts";
import { EmbeddedCluster } from "../embedded/embedded-cluster.ts";
import { EmbeddedRegistry } from "../embedded/embedded-registry.ts";
import { calmLink } from "../embedded/link.ts";
import { LOCAL_ENV } from "../rig/service-config.ts";
import type { ServiceStatusPage } from "../rig/service-process.ts";
import { demoConfigText } from "./demo-config.ts";
import type { OutcomeFollower, Stage, StageParts } from "./stage.ts";

/** What somebody must know who sees the service on brokers that are none. */
export const WARNING = `This is the EMBEDDED try-out: brokers and schema registry are a few lists in the memory of this very
process, beside the service. Nothing survives it, a second instance cannot join it, and it is not
for production: what the service promises across crashes it promises by real Kafka. The same story
on real Kafka, with Java: npm run demo
`;

/** Nobody listens there, and nobody is asked. */
const NOWHERE = { brokers: ["127.0.0.1:1"], registryUrl: "http://127.0.0.1:1" };
const PARTITIONS = { requests: 3, journal: 8 };

/** The service in this process, on brokers in its memory. */
export async function setEmbeddedStage(parts: StageParts): Promise<Stage> {
  const { simulator, teardown, signal, tell } = parts;
  const config = configOf(demoConfigText(NOWHERE, simulator));
  const { topics } = config.kafka;
  const schemas = loadSchemas(topics);
  const registry = new EmbeddedRegistry([schemas.requests, schemas.outcomes]);
  const cluster = new EmbeddedCluster({ topics, partitions: PARTITIONS, now: () => Date.now() });

  tell("Starting the service in this process …");
  const service = await startService({
    ...{ config, version: "demo", log: silentLog },
    seams: {
      openBackbone: (around) => {
        return embeddedBackbone({ cluster, registry, link: calmLink, signal: around.signal });
      },
    },
  });
  teardown.defer("service", async () => {
    await service.drain();
  });
  void service.failed.then((reason) => {
    if (!signal.aborted) tell(`The service cannot go on: ${String(reason)}`);
  });
  const url = `http://127.0.0.1:${service.httpPort}`;
  const requestsId = await registry.idOf(schemas.requests.subject);
  return {
    outcomes: followEmbedded(cluster, registry),
    status: async () => (await fetch(`${url}/status`)).json() as Promise<ServiceStatusPage>,
    submit: async (file) => {
      tell(`Submitting ${file}`);
      const parsed = parseRequestFile(await readFile(file, "utf8"), {
        ...{ schemaText: schemas.requests.text, requestedBy: null },
        ...{ now: Date.now(), newId: randomUUID },
      });
      if (parsed.kind === "problems") throw new Error(parsed.problems.join("\n"));
      for (const request of parsed.requests) {
        const value = await registry.encode(requestsId, request);
        cluster.topics.requests.appendByKey({ key: requestKeyOf(request), value, headers: {} });
      }
    },
    playCommands: playCommands(url, simulator.adminUrl),
  };
}

function configOf(text: string): Config {
  const readNothing = (path: string): string => {
    throw new Error(`${path} is not to be read`);
  };
  const parsed = parseConfig(text, { env: LOCAL_ENV, readFile: readNothing });
  if (!parsed.ok) throw new Error("the demo's own config cannot be used");
  return parsed.config;
}

function followEmbedded(cluster: EmbeddedCluster, registry: EmbeddedRegistry): OutcomeFollower {
  const { outcomes, requests } = cluster.topics;
  const reader = new OutcomeReader(registry);
  const finals: RerunOutcome[] = [];
  let accepted = 0;
  outcomes.listen((record) => {
    void reader.read(record).then((outcome) => {
      if (outcome?.final === true) finals.push(outcome);
      else if (outcome !== null) accepted += 1;
    });
  });
  return {
    submitted: async () => {
      const records = [...requests.ranges().keys()].flatMap(
        (partition) => requests.read(partition, 0n).records,
      );
      const ids = records.map(({ value }) => {
        const decoded = registry.decodeNow(value ?? Buffer.alloc(0));
        if (decoded.kind !== "decoded") throw new Error("a request cannot be read");
        return (decoded.value as { requestId: string }).requestId; // submitted above
      });
      return Promise.resolve(ids);
    },
    finals: () => finals,
    accepted: () => accepted,
  };
}

function playCommands(url: string, adminUrl: string): string {
  return `
Everything keeps running until Ctrl-C; nothing more can be submitted to it. In another terminal:

  curl -s ${url}/status
  curl -s ${url}/metrics | grep ^rerun_
  curl -s ${adminUrl}/summary
`;
}
