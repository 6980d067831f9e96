import { Argument, Command, CommanderError, InvalidArgumentError } from "commander";
import { parseDuration } from "../config/duration.ts";
import type { MissingSecrets } from "../config/references.ts";
import { acceptLostJournal } from "./accept-lost-journal.ts";
import { checkCommand } from "./check.ts";
import { lanesCommand, type LanesOptions } from "./lanes.ts";
import { type LoadedConfig, loadConfig } from "./load-config.ts";
import { outcomesCommand } from "./outcomes.ts";
import { runCommand } from "./run.ts";
import { schemasCommand } from "./schemas.ts";
import { submitCommand } from "./submit.ts";
import type { Terminal } from "./terminal.ts";
import { topicsCommand } from "./topics.ts";

/** What the commands need of the process. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Aborts when the user or the system wants an end. */
  readonly stop: AbortSignal;
  /** Aborts when an orderly end is not wanted any more. */
  readonly abandon: AbortSignal;
}

const USAGE = 2;
const DEFAULT_WAIT_MS = 600_000;
const MAX_PARTITIONS = 10_000;

const BY_PARTITION = `
Outcomes are printed as they are read, partition by partition: in the order of their writing within
one, so that COMPLETED (completedAt) may go back where the next one begins.`;

const LANE_ACTIONS: readonly LanesOptions["action"][] = ["list", "pause", "resume", "limit"];
const LANES_HELP = `
A pause and a limit stand beside each other; resume ends both. All instances obey within a second,
and after a restart. Requests of a lane that stands still wait, and expire by their notAfter.
${example('lanes --config my.yaml pause wedata-intl --for 2h --reason "their incident 4711"')}`;

/** Commands of the contract that a later version brings; naming one must not look like a typo. */
const NOT_BUILT_YET = ["plan", "replay", "dead-letters"];

/** Runs the command that `args` name (without the program's name). Resolves with the exit code. */
export async function runProgram(args: readonly string[], around: Surroundings): Promise<number> {
  let exitCode = 0;
  const program = createProgram(around, (code) => (exitCode = code));
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are no errors; everything else that commander throws is bad usage.
    return error.exitCode === 0 ? 0 : USAGE;
  }
}

function createProgram(around: Surroundings, end: (exitCode: number) => void): Command {
  const { terminal, version, stop } = around;
  const program = new Command("rerun-dispatcher")
    .description("Turns rerun-request events from Kafka into calls of cloud rerun APIs.")
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout(text),
      writeErr: (text) => terminal.stderr(text),
    });
  const withConfig = async (
    { config: file }: { readonly config: string },
    allowMissingSecrets: MissingSecrets,
    command: (loaded: LoadedConfig) => Promise<number>,
  ): Promise<void> => {
    const loaded = loadConfig({ file, env: around.env, allowMissingSecrets }, terminal);
    end(loaded === null ? USAGE : await command(loaded));
  };
  // Whoever only talks with Kafka and the registry need not hold the keys of the clouds.
  const withoutProviders = async (
    options: { readonly config: string },
    command: (loaded: LoadedConfig) => Promise<number>,
  ): Promise<void> => withConfig(options, "of-providers", command);

  configured(program, "run", "Runs the service until SIGTERM; a second one abandons the drain.")
    .addHelpText("after", example("run --config rerun-dispatcher.yaml"))
    .action(async (options: { config: string }) =>
      withConfig(options, false, async ({ config, warnings }) =>
        runCommand({ ...around, config, warnings }),
      ),
    );

  configured(program, "check", "Validates the config, then tries everything that it names.")
    .option("--offline", "connect to nothing", false)
    .option("--no-secrets", "accept references that are not set (with --offline)")
    .option("--json", "print findings as JSON", false)
    .addHelpText("after", example("check --config rerun-dispatcher.yaml --offline"))
    .action(async (options: CheckFlags) => {
      if (!options.secrets && !options.offline) {
        program.error("error: --no-secrets goes with --offline: nothing connects without them");
      }
      await withConfig(options, !options.secrets, async (loaded) =>
        checkCommand({ ...loaded, offline: options.offline, json: options.json }, terminal, stop),
      );
    });

  configured(program, "topics", "Shows the topics, or creates the missing ones.")
    .option("--create", "create what is missing, change nothing that exists", false)
    .option("--partitions <n>", "partitions of created topics, if not fixed", count, 8)
    .option(
      "--replication <n>",
      "their replication factor (default: the broker's); with 3, two must have each record",
      count,
    )
    .option("--accept-lost-journal", "show what may be called again as the journal lost it", false)
    .option("--yes", "with --accept-lost-journal: begin anew with the present journal", false)
    .option("--json", "print as JSON", false)
    .addHelpText("after", example("topics --config rerun-dispatcher.yaml --create"))
    .action(async (options: TopicsFlags) =>
      withoutProviders(options, async ({ config }) => {
        const { create, partitions, replication = null, json, yes } = options;
        if (options.acceptLostJournal) return acceptLostJournal({ config, yes, json }, terminal);
        return topicsCommand({ config, create, partitions, replication, json }, terminal);
      }),
    );

  configured(program, "schemas", "Shows, checks or registers the two subjects' schemas.")
    .option("--check", "ask the registry whether they are compatible", false)
    .option("--register", "register them, with their compatibility levels", false)
    .option("--json", "print as JSON", false)
    .addHelpText("after", example("schemas --config rerun-dispatcher.yaml --register"))
    .action(async (options: SchemasFlags) =>
      withoutProviders(options, async ({ config }) => {
        const { check, register, json } = options;
        return schemasCommand({ config, check, register, json }, terminal);
      }),
    );

  configured(program, "submit", "Publishes request events from JSON and prints their ids.")
    .requiredOption("--file <path>", "an object, an array or JSON lines; - for standard input")
    .option("--requested-by <name>", "for requests that do not say who asks")
    .option("--wait", "wait for the final outcomes and print them", false)
    .option("--timeout <duration>", "how long to wait (default: 10m)", duration)
    .option("--json", "print as JSON lines", false)
    .addHelpText("after", example("submit --config rerun-dispatcher.yaml --file req.json --wait"))
    .action(async (options: SubmitFlags) =>
      withoutProviders(options, async ({ config }) => {
        const { file, wait, json, requestedBy = null } = options;
        const timeoutMs = options.timeout ?? DEFAULT_WAIT_MS;
        const asked = { config, file, requestedBy, wait, timeoutMs, json };
        return submitCommand(asked, terminal, stop);
      }),
    );

  configured(program, "outcomes", "Prints the outcomes topic from its beginning.")
    .addHelpText("after", BY_PARTITION)
    .option("--follow", "stay, and print what comes", false)
    .option("--request <id>", "only those of one requestId")
    .option("--json", "print as JSON lines", false)
    .addHelpText("after", example("outcomes --config rerun-dispatcher.yaml --follow"))
    .action(async (options: OutcomesFlags) =>
      withoutProviders(options, async ({ config }) => {
        const { follow, request = null, json } = options;
        return outcomesCommand({ config, follow, request, json }, terminal, stop);
      }),
    );

  configured(program, "lanes", "Shows the lanes of a running group, or gives one of them an order.")
    .addArgument(new Argument("<action>", "what to do").choices(LANE_ACTIONS))
    .argument("[lane]", "the connection's name; with list, only this one")
    .option("--reason <text>", "why; no order without")
    .option("--for <duration>", "a pause or a limit ends by itself after this time", duration)
    .option("--calls-per-second <n>", "limit: no more than this, never above the config", count)
    .option("--by <who>", "who gives the order (default: this user)")
    .option("--json", "print as JSON", false)
    .addHelpText("after", LANES_HELP)
    .action(async (action: LanesOptions["action"], lane: string | undefined, flags: LanesFlags) =>
      withoutProviders(flags, async ({ config }) => {
        const { reason = null, callsPerSecond = null, by = null, json } = flags;
        const asked = { action, lane: lane ?? null, reason, callsPerSecond, by, json };
        return lanesCommand({ config, ...asked, forMs: flags.for ?? null }, terminal);
      }),
    );

  for (const name of NOT_BUILT_YET) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => program.error(`error: '${name}' is not built yet in version ${version}`));
  }
  return program;
}

interface CheckFlags {
  readonly config: string;
  readonly offline: boolean;
  readonly secrets: boolean;
  readonly json: boolean;
}

interface TopicsFlags {
  readonly config: string;
  readonly create: boolean;
  readonly partitions: number;
  readonly replication?: number;
  readonly acceptLostJournal: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

interface SchemasFlags {
  readonly config: string;
  readonly check: boolean;
  readonly register: boolean;
  readonly json: boolean;
}

interface SubmitFlags {
  readonly config: string;
  readonly file: string;
  readonly requestedBy?: string;
  readonly wait: boolean;
  readonly timeout?: number;
  readonly json: boolean;
}

interface OutcomesFlags {
  readonly config: string;
  readonly follow: boolean;
  readonly request?: string;
  readonly json: boolean;
}

interface LanesFlags {
  readonly config: string;
  readonly reason?: string;
  readonly for?: number;
  readonly callsPerSecond?: number;
  readonly by?: string;
  readonly json: boolean;
}

function configured(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption("--config <file>", "the config file (YAML)");
}

function example(usage: string): string {
  return `\nExample:\n  rerun-dispatcher ${usage}`;
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_PARTITIONS) return value;
  throw new InvalidArgumentError(`a whole number from 1 to ${MAX_PARTITIONS}`);
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError("a duration such as 250ms, 5s, 10m or 24h");
}
