import { parseArgs } from "node:util";
import { CommandFailed, exitCodeOf } from "../../src/cli/command-failed.ts";
import { loadConfig } from "../../src/cli/load-config.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { parseDuration } from "../../src/config/duration.ts";
import { ownEnvironment } from "../stack/own-environment.ts";
import { liveChecks } from "./live-checks.ts";
import { GENTLE } from "./pace.ts";

const usage = `Usage: npm run live-checks -- --config FILE --provider NAME [options]

Finds out with a live account what only that can tell (docs/live-checks.md). Reads only, unless
--yes is given.

  --config FILE    the service's config
  --provider NAME  one of its connections
  --request FILE   a request as \`submit\` takes it, of exactly one target: it is read
  --yes            and run again, once: give a job that nobody misses
  --reruns 1|2     with --yes: 2 runs it again while its first run is going on (1)
  --wait DURATION  with --yes: how long its run is watched (5m)
  --project ID     WeData: the project for reads of unknown things (the request's)
  --json           print JSON, to be pasted into an issue
`;

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => stop.abort(new Error("told to stop")));
}
const terminal: Terminal = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTTY: process.stderr.isTTY,
};
process.exitCode = await exitCodeOf(terminal, run);

async function run(): Promise<number> {
  const flags = flagsOf();
  if (flags.help) {
    terminal.stdout(usage);
    return 0;
  }
  const { config: file, provider, request, project, yes, reruns, wait, json } = flags;
  if (file === undefined || provider === undefined) throw bad("--config and --provider are needed");
  if (reruns !== "1" && reruns !== "2") throw bad("--reruns is 1 or 2");
  const watchMs = parseDuration(wait);
  if (watchMs === undefined) throw bad("--wait is a duration such as 90s or 5m");
  const loaded = loadConfig({ file, env: ownEnvironment() }, terminal);
  if (loaded === null) return 2;
  const options = {
    ...{ config: loaded.config, provider, json },
    ...{ requestFile: request ?? null, projectId: project ?? null },
    reruns: !yes ? 0 : reruns === "1" ? 1 : 2,
    pace: { ...GENTLE, watchMs },
  } as const;
  return liveChecks(options, terminal, stop.signal);
}

function flagsOf() {
  try {
    return parseArgs({
      options: {
        config: { type: "string" },
        provider: { type: "string" },
        request: { type: "string" },
        project: { type: "string" },
        yes: { type: "boolean", default: false },
        reruns: { type: "string", default: "1" },
        wait: { type: "string", default: "5m" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
}

function bad(message: string): CommandFailed {
  return new CommandFailed(`${message}\n\n${usage}`, { exitCode: 2 });
}
