import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { parseCredentials } from "./credential.ts";
import { type FlowSeed } from "./flow-book.ts";
import { startSimulator } from "./simulator.ts";

const usage = `Usage: npm run simulator -- --credentials-file FILE [options]

  --credentials-file FILE   JSON: [{"cloud": "tencent" | "alibaba", "id", "secret", "token"?}]
  --tencent-port N, --tencent-tls-port N, --alibaba-port N, --alibaba-tls-port N, --admin-port N
                            any free port by default
  --ca-out FILE             where to write the CA of the TLS ports
  --job-duration-ms N       from a Tencent job's opening to its end (300)
  --instance-run-ms N       from an instance's rerun to its end (500)
  --flow ID=ID,ID           a DMS task flow and its execution records; may be repeated
  --denied-target ID        an instance that does not exist; may be repeated
  --die-with-parent         end when stdin closes

Prints one JSON line with its addresses when ready; SIGTERM and SIGINT end it.

At its adminUrl, in JSON:
  POST   /faults               injects a fault; 400 says what is wrong with it
  GET    /faults               the injected faults and their hits
  DELETE /faults               clears them
  GET    /arrivals?after=N     every arrival with a sequence beyond N
  GET    /summary?windowMs=W   calls per target and action, busiest windows
  POST   /reruns               {"product", "target"}: a rerun by somebody else's hand
  POST   /flows                {"flowId", "instanceIds"}: execution records of a DMS task flow
  POST   /reset                forgets arrivals, faults, instances, jobs and nonces

The next rerun at DataWorks is executed, and its connection reset without an answer:
  curl -X POST $adminUrl/faults -d '{"kind": "reset", "executed": true, "count": 1,
    "filter": {"product": "dataworks", "effect": "rerun"}}'
The kinds of faults and their fields stand in dev/simulator/fault.ts.
`;

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "credentials-file": { type: "string" },
      "tencent-port": { type: "string" },
      "tencent-tls-port": { type: "string" },
      "alibaba-port": { type: "string" },
      "alibaba-tls-port": { type: "string" },
      "admin-port": { type: "string" },
      "ca-out": { type: "string" },
      "job-duration-ms": { type: "string", default: "300" },
      "instance-run-ms": { type: "string", default: "500" },
      flow: { type: "string", multiple: true, default: [] },
      "denied-target": { type: "string", multiple: true, default: [] },
      "die-with-parent": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const credentialsFile = values["credentials-file"];
  if (credentialsFile === undefined) {
    throw new Error("--credentials-file is missing");
  }
  const simulator = await startSimulator({
    credentials: parseCredentials(JSON.parse(readFileSync(credentialsFile, "utf8"))),
    ports: {
      tencent: count("tencent-port", values["tencent-port"] ?? "0"),
      tencentTls: count("tencent-tls-port", values["tencent-tls-port"] ?? "0"),
      alibaba: count("alibaba-port", values["alibaba-port"] ?? "0"),
      alibabaTls: count("alibaba-tls-port", values["alibaba-tls-port"] ?? "0"),
      admin: count("admin-port", values["admin-port"] ?? "0"),
    },
    jobDurationMs: count("job-duration-ms", values["job-duration-ms"]),
    instanceRunMs: count("instance-run-ms", values["instance-run-ms"]),
    flows: values.flow.map(flowSeed),
    deniedTargets: values["denied-target"],
  });
  const { close, ...addresses } = simulator;
  const end = () => {
    // An open stdin would keep the process alive.
    process.stdin.destroy();
    void close();
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  if (values["die-with-parent"]) {
    process.stdin.once("close", end).once("error", end).resume();
  }
  if (values["ca-out"] !== undefined) {
    writeFileSync(values["ca-out"], simulator.caPem);
  }
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}

function flowSeed(text: string): FlowSeed {
  const { flowId, ids } = /^(?<flowId>\d+)=(?<ids>\d+(?:,\d+)*)$/.exec(text)?.groups ?? {};
  if (flowId === undefined || ids === undefined) {
    throw new Error(`--flow must be like 7001=1,2, not ${text}`);
  }
  return { flowId, instanceIds: ids.split(",") };
}

function count(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new Error(`--${flag} must be a whole number, not ${text}`);
  }
  return Number(text);
}
