// Runs dependency-cruiser and refuses a run that saw nothing: with an unsuitable compiler it reads
// no modules at all and reports "no violations".
import { spawnSync } from "node:child_process";

const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [
    "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
    "src",
    "--config",
    ".dependency-cruiser.cjs",
  ],
  { encoding: "utf8" },
);
process.stdout.write(stdout);
process.stderr.write(stderr);
const cruised = Number(/\((\d+) modules/.exec(stdout)?.[1] ?? 0);
if (status === 0 && cruised < 20) {
  process.stderr.write(`only ${cruised} modules were read: the check checked nothing\n`);
  process.exitCode = 1;
} else {
  process.exitCode = status ?? 1;
}
