import { CommandFailed } from "../../src/cli/command-failed.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { Config, ProviderConfig } from "../../src/config/config.ts";
import type { Mark } from "../../src/domain/evidence.ts";
import { checkAfterwards } from "./after-the-run.ts";
import { announcement } from "./announcement.ts";
import { checkAccess } from "./check-access.ts";
import { type Connection, openConnection } from "./connection.ts";
import { exitCodeFor, type Finding, finding, findingTable } from "./finding.ts";
import { checkNonce } from "./nonce-replay.ts";
import { type OneTarget, readOneTarget } from "./one-target.ts";
import type { Pace } from "./pace.ts";
import { runFindings } from "./run-findings.ts";
import { sight } from "./sight.ts";
import { standingOf, stateOf } from "./standing.ts";
import { checkReading } from "./target-reading.ts";
import { checkUnknown } from "./unknown-instance.ts";
import { watchRerun } from "./watch.ts";

export interface LiveCheckOptions {
  readonly config: Config;
  /** The connection's name. */
  readonly provider: string;
  /** A request file with the one job that may be read and, with `reruns`, run again; or none. */
  readonly requestFile: string | null;
  /** The WeData project for reads of unknown things; null: the request's, else one of nobody. */
  readonly projectId: string | null;
  /** How many reruns are made at most. */
  readonly reruns: 0 | 1 | 2;
  readonly json: boolean;
  readonly pace: Pace;
}

/**
 * Asks a live account what only that can tell, and prints a line for each finding. Reads only,
 * unless reruns are asked for. Resolves with the exit code: 1 when something differs from what the
 * code relies on. Rejects with `CommandFailed` before anything is called, when it must not be.
 */
export async function liveChecks(
  options: LiveCheckOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { config, requestFile, reruns, json, pace } = options;
  const provider = providerOf(options);
  const target =
    requestFile === null ? null : await readOneTarget(requestFile, { config, provider });
  if (target === null && reruns > 0) throw usage("--yes needs --request: a job of its own");
  terminal.stderr(announcement({ provider, target, reruns, pace }));
  const connection = await openConnection(provider, { perSecond: pace.perSecond, signal });
  try {
    const found = await findAll(connection, target, options);
    const findings = target === null ? found : found.map((one) => hiding(target, one));
    terminal.stdout(json ? jsonOf(provider, findings) : findingTable(findings));
    return exitCodeFor(findings);
  } finally {
    connection.close();
  }
}

async function findAll(
  connection: Connection,
  target: OneTarget | null,
  options: LiveCheckOptions,
): Promise<readonly Finding[]> {
  const access = await checkAccess(connection);
  if (access.verdict === "differs") return [access];
  const operation = target?.call.operation;
  const ownProject =
    operation !== undefined && "projectId" in operation ? operation.projectId : "0";
  const findings = [
    access,
    ...(await checkUnknown(connection, options.projectId ?? ownProject)),
    ...(await checkNonce(connection)),
  ];
  if (target === null) return findings;
  const { kind } = connection.config;
  const before = await sight(connection, target);
  findings.push(checkReading(kind, target.call.operation.kind, before));
  if (before === null || options.reruns === 0) return findings;
  return [...findings, ...(await rerunChecks(connection, target, before, options))];
}

async function rerunChecks(
  connection: Connection,
  target: OneTarget,
  before: Mark,
  { reruns, pace }: LiveCheckOptions,
): Promise<readonly Finding[]> {
  const { kind } = connection.config;
  if (standingOf(kind, before) !== "ended") {
    const seen = `none was made: the target is ${stateOf(kind, before)}, its run has not ended`;
    return [finding("rerun", "a target whose run has ended is taken", "not seen", seen)];
  }
  const callAgain = reruns === 2;
  const watched = await watchRerun(connection, target, { before, callAgain, pace });
  const findings = runFindings(kind, watched, { callAgain, pace });
  if (watched.judged === null) return findings;
  return [...findings, ...(await checkAfterwards(connection, target, watched))];
}

function providerOf({ config, provider: name }: LiveCheckOptions): ProviderConfig {
  const provider = config.providers.find((one) => one.name === name);
  if (provider !== undefined) return provider;
  const names = config.providers.map((one) => one.name).join(", ");
  throw usage(`there is no provider ${name} in the config; it has: ${names}`);
}

/** An id of few digits looks like any number, but not to whoever knows the target. */
function hiding({ target }: OneTarget, one: Finding): Finding {
  return target.length < 4 ? one : { ...one, seen: one.seen.replaceAll(target, "<target>") };
}

function jsonOf({ kind, region }: ProviderConfig, findings: readonly Finding[]): string {
  const date = new Date().toISOString().slice(0, 10);
  return `${JSON.stringify({ kind, region, date, findings }, null, 2)}\n`;
}

function usage(message: string): CommandFailed {
  return new CommandFailed(`Nothing was called: ${message}`, { exitCode: 2 });
}
