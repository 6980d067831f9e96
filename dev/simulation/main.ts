import { parseArgs } from "node:util";
import { BUGS, NO_BUG } from "./bugs.ts";
import { type Simulated, simulate } from "./simulate.ts";

const usage = `Usage: npm run simulate [-- --seeds N] [--from SEED] [--bug NAME]
       npm run simulate -- --seed SEED [--bug NAME]

Runs several instances of the dispatcher's core under a seeded scheduler with virtual time: crashes,
freezes and rebalances at every await, late and doubled copies, stalls, brokers away. After each step
the promises must hold, and in the end nothing may be left.

  --seeds N      how many runs (1000), from seed --from (1) on; ends with 1 at the first that fails
  --seed SEED    one run, with its trace
  --bug NAME     plants a mistake, which is to be found: ends with 0 at the first run that finds it
                 (${Object.keys(BUGS).join(", ")})
`;

const TOLD_LINES = 60;
const PROGRESS_EVERY = 500;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      bug: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const bug = values.bug === undefined ? NO_BUG : new Map(Object.entries(BUGS)).get(values.bug);
  const [from, count] = [
    values.seed ?? values.from,
    values.seed === undefined ? values.seeds : "1",
  ];
  if (bug === undefined || !/^\d+$/.test(from) || !/^\d+$/.test(count)) {
    process.stderr.write(usage);
    return 2;
  }
  for (let done = 0; done < Number(count); done += 1) {
    const run = await simulate(Number(from) + done, bug);
    if (values.seed !== undefined) process.stdout.write(`${run.trace.join("\n")}\n`);
    if (run.violation !== null) return told(run, done + 1, values.bug);
    if ((done + 1) % PROGRESS_EVERY === 0) process.stderr.write(`${done + 1} runs\n`);
  }
  if (values.bug !== undefined) {
    process.stdout.write(`${values.bug} was not found in ${count} runs\n`);
    return 1;
  }
  process.stdout.write(`${count} runs from seed ${from}: every promise holds\n`);
  return 0;
}

/** Tells what was found; a planted mistake is to be found, any other is not. */
function told({ seed, violation, trace }: Simulated, runs: number, bug?: string): number {
  if (bug !== undefined) {
    process.stdout.write(`${bug} was found after ${runs} runs: ${violation?.split("\n")[0]}\n`);
    return 0;
  }
  const last = trace.slice(-TOLD_LINES).join("\n");
  process.stdout.write(
    `${last}\n\nseed ${seed}: ${violation}\nreplay it: npm run simulate -- --seed ${seed}\n`,
  );
  return 1;
}
