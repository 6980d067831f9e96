import { randomInt } from "node:crypto";
import { setMaxListeners } from "node:events";
import { parseArgs } from "node:util";

import { isMode, runChaos } from "./chaos.ts";
import { MODES } from "./modes.ts";
import { planOf } from "./plan.ts";

const usage = `Usage: npm run chaos [-- options]

Three service processes, a real broker and registry, and the provider simulator that counts: processes
are killed at random and at every named point, frozen, brokers die, offsets are lost, answers too.

  --long          30 minutes instead of about 3
  --minutes N     how long --long takes
  --mode NAME     one mode only: ${MODES.join(", ")}
  --control       with claims switched off; must find doubles
  --seed N        for the random parts
  --logs FOLDER   keep the services' logs there

Exits with 0 when every promise holds (--control: when doubles were found), with 1 when not, with 2
for wrong options. Progress goes to stderr, the table to stdout.
`;

/** Longer than any run needs: a run of days would fill the simulator's books. */
const MOST_MINUTES = 120;
const SEEDS = 2 ** 31;

const exitCode = await main();
// What a client library leaves open must not keep a finished run alive; output in a pipe must.
// eslint-disable-next-line no-restricted-properties -- as in src/main.ts
process.stdout.write("", () => process.exit(exitCode));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      long: { type: "boolean", default: false },
      minutes: { type: "string", default: "30" },
      mode: { type: "string" },
      control: { type: "boolean", default: false },
      seed: { type: "string" },
      logs: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { mode, long, logs } = values;
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? randomInt(SEEDS) : Number(values.seed);
  const isFine =
    (mode === undefined || isMode(mode)) &&
    minutes >= 1 &&
    minutes <= MOST_MINUTES &&
    Number.isInteger(seed) &&
    seed >= 0 &&
    seed < SEEDS;
  if (!isFine) {
    process.stderr.write(usage);
    return 2;
  }
  const only = mode !== undefined && isMode(mode) ? mode : null;
  const plan = planOf({ seed, only, isLong: long, minutes });
  const stop = new AbortController();
  // Everything that waits listens to it.
  setMaxListeners(0, stop.signal);
  // Not once: what the stack does on a signal depends on whether anybody listens (last-resort.ts).
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stop.abort(new Error(`told to stop by ${signal}`)));
  }
  const tooLong = setTimeout(
    () => stop.abort(new Error(`not over within ${plan.endWithinMs / 60_000} minutes`)),
    plan.endWithinMs,
  );
  const verdict = await runChaos({
    ...{ plan, isControl: values.control, logs: logs ?? null, signal: stop.signal },
    terminal: {
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
      isTTY: process.stderr.isTTY,
    },
  });
  clearTimeout(tooLong);
  return verdict;
}
