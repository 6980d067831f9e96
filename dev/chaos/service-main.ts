import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { loadConfig } from "../../src/cli/load-config.ts";
import { runCommand } from "../../src/cli/run.ts";
import { kafkaBackbone } from "../../src/kafka-backbone.ts";
import type { ServiceSeams } from "../../src/service.ts";
import { ownEnvironment } from "../stack/own-environment.ts";
import { Executioner } from "./death-points.ts";
import { dyingBackbone, dyingProviders } from "./dying-parts.ts";
import { PrivateCheckpoints, PrivateJournal } from "./private-log.ts";

// The service as src/main.ts runs it, in a build that hears orders to die on its standard input.

const { values } = parseArgs({
  options: {
    config: { type: "string", default: "" },
    /** Claims that nobody else sees. */
    "private-journal": { type: "boolean", default: false },
  },
});

const stop = new AbortController();
const abandon = new AbortController();
process.on("SIGTERM", () => {
  if (stop.signal.aborted) abandon.abort(new Error("told twice to stop"));
  else stop.abort(new Error("told to stop"));
});

const STDOUT = 1;
const executioner = new Executioner({
  writeDown: (lastWords) => void writeSync(STDOUT, `${JSON.stringify(lastWords)}\n`),
  kill: () => void process.kill(process.pid, "SIGKILL"),
});
createInterface({ input: process.stdin }).on("line", (line) => executioner.hear(line));

const seams: ServiceSeams = {
  openProvider: dyingProviders(executioner),
  openBackbone: (parts) => {
    const real = kafkaBackbone(parts);
    const backbone = values["private-journal"]
      ? { ...real, journal: new PrivateJournal(), checkpoints: new PrivateCheckpoints() }
      : real;
    return dyingBackbone(backbone, parts.config.kafka.topics.outcomes, executioner);
  },
};

const exitCode = await run();
// eslint-disable-next-line no-restricted-properties -- as in src/main.ts: libraries may leave things open
process.stdout.write("", () => process.exit(exitCode));

async function run(): Promise<number> {
  const terminal = {
    stdout: (text: string) => void process.stdout.write(text),
    stderr: (text: string) => void process.stderr.write(text),
    isTTY: false,
  };
  const loaded = loadConfig({ file: values.config, env: ownEnvironment() }, terminal);
  if (loaded === null) return 2;
  return runCommand({
    ...{ ...loaded, version: "chaos", seams },
    ...{ stop: stop.signal, abandon: abandon.signal },
  });
}
