import { parseArgs } from "node:util";

import { type Stack, startStack } from "./stack.ts";

const help = `Starts Apache Kafka and a schema registry on free local ports and runs until Ctrl-C.

  npm run stack                 prints the addresses as config YAML
  npm run --silent stack -- --json
                                prints one JSON line with the addresses once both answer
  npm run stack -- --help

The first run downloads both with Maven into the user's cache folder. RERUN_STACK_BROKERS and
RERUN_STACK_REGISTRY_URL point to a broker and a registry to use instead.
`;

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code: 0 after a wanted stop, 1 when the stack did not start, 2 for bad usage. */
async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === "string") {
    say(`${options}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const asked = stopSignal();
  try {
    const stack = await startStack({ log: say, signal: asked });
    process.stdout.write(options.json ? asJsonLine(stack) : asYaml(stack));
    say("Both answer. Ctrl-C stops them and removes everything.");
    await aborted(asked);
    say("Stopping");
    await stack.stop();
    return 0;
  } catch (error) {
    if (asked.aborted && error === asked.reason) return 0;
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function parseOptions(args: string[]): { help: boolean; json: boolean } | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Aborts at the first signal that asks us to stop; later ones change nothing, stopping is short. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => controller.abort());
  }
  return controller.signal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  // An external stack leaves nothing that would keep this process alive.
  const keepAlive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  clearInterval(keepAlive);
}

function asYaml(stack: Stack): string {
  return [
    `kafka: { brokers: ${JSON.stringify(stack.brokers)} }`,
    `schemaRegistry: { url: ${JSON.stringify(stack.registryUrl)} }`,
    ``,
  ].join("\n");
}

function asJsonLine(stack: Stack): string {
  const { brokers, registryUrl, folder } = stack;
  const pids = [stack.kafka.pid, stack.registry.pid].filter((pid) => pid !== undefined);
  return `${JSON.stringify({ brokers, registryUrl, folder, pids })}\n`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
