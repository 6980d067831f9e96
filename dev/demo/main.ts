import { parseArgs } from "node:util";
import { runDemo } from "./demo.ts";

const usage = `Usage: npm run demo [-- --keep --embedded]

Starts Kafka, a schema registry, the provider simulator and the service on this machine, submits
requests, and shows what became of them and what the simulator counted.

  --keep       leave everything running until Ctrl-C, and print commands to play with
  --embedded   without Kafka, registry and Java: the service in this process, on brokers in its
               memory; a try-out of which nothing survives, not for production
`;

const { values } = parseArgs({
  options: {
    keep: { type: "boolean", default: false },
    embedded: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stop.abort(new Error("stopped")));
  }
  process.exitCode = await runDemo({
    keep: values.keep,
    embedded: values.embedded,
    signal: stop.signal,
    terminal: {
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
      isTTY: process.stderr.isTTY,
    },
  });
}
