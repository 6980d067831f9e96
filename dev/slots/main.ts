import { parseArgs } from "node:util";
import { simulateSlots } from "./simulate-slots.ts";
import { SLOT_BUGS } from "./slot-bugs.ts";

const usage = `Usage: npm run simulate:slots [-- --schedules N] [--from SEED] [--bug NAME]

Works random logs of the shared rate limit and counts departures that use their slots as badly as
their spans allow. No window may hold more in a second than the lowest limit that was named for it.

  --schedules N  how many logs (20000), from seed --from (1) on; ends with 1 at the first that fails
  --bug NAME     plants a mistake, which is to be found (${Object.keys(SLOT_BUGS).join(", ")})
`;

process.exitCode = main();

function main(): number {
  const { values } = parseArgs({
    options: {
      schedules: { type: "string", default: "20000" },
      from: { type: "string", default: "1" },
      bug: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const bugs = new Map(Object.entries(SLOT_BUGS));
  const bug = values.bug === undefined ? undefined : bugs.get(values.bug);
  const isUnknown = values.bug !== undefined && bug === undefined;
  if (isUnknown || !/^\d+$/.test(values.schedules) || !/^\d+$/.test(values.from)) {
    process.stderr.write(usage);
    return 2;
  }
  const began = performance.now();
  let used = 0;
  for (let done = 0; done < Number(values.schedules); done += 1) {
    const run = simulateSlots(Number(values.from) + done, bug);
    used += run.used;
    if (run.violation === null) continue;
    process.stdout.write(`${run.violation} (log ${done + 1})\n`);
    return bug === undefined ? 1 : 0;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `${values.schedules} logs, ${used} used slots, ${seconds} s: no window was ever overfull\n`,
  );
  return bug === undefined ? 0 : 1;
}
