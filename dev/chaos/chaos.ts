import type { Terminal } from "../../src/cli/terminal.ts";
import { Teardown } from "../../src/lifecycle/teardown.ts";
import { LOCAL_ENV } from "../rig/service-config.ts";
import { audit } from "./audit.ts";
import type { Violation } from "./books.ts";
import { BUDGET, MAX_ATTEMPTS } from "./chaos-config.ts";
import { cluesTo } from "./clues.ts";
import { type DeathPoint, NAMED_POINTS } from "./death-points.ts";
import { Fleet } from "./fleet.ts";
import { allCommitted, groupComplete } from "./group-offsets.ts";
import { firstClaimMs, readBooks, readJournal } from "./ledger.ts";
import { Load } from "./load.ts";
import { MODES, type ModeName, PLAYS } from "./modes.ts";
import type { Outage } from "./outage.ts";
import type { Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { type Findings, hasRecovered, renderRows, rowsOf } from "./report.ts";
import { openSite, type Site } from "./site.ts";
import type { Stage } from "./stage.ts";

export interface ChaosOptions {
  readonly plan: Plan;
  /** Claims are switched off: each process keeps its own. Then there must be doubles. */
  readonly isControl: boolean;
  readonly logs: string | null;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const PROCESSES = 3;

/**
 * Breaks everything that can break around three service processes, and holds what the provider
 * counted and what stands in the topics against what was promised. Resolves with the exit code.
 * Whatever happens, nothing is left running.
 */
export async function runChaos(options: ChaosOptions): Promise<number> {
  const teardown = new Teardown();
  const { terminal, plan, signal } = options;
  const begunAt = performance.now();
  const tell = (line: string) => {
    const seconds = ((performance.now() - begunAt) / 1000).toFixed(1);
    terminal.stderr(`${seconds.padStart(6)} s  ${line}\n`);
  };
  try {
    tell(`seed ${plan.seed}`);
    return await play({ ...options, teardown, tell });
  } catch (error) {
    if (signal.aborted) tell(`ended: ${String(signal.reason)}`);
    else tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  } finally {
    await teardown.close();
    tell("everything is stopped");
  }
}

interface Parts extends ChaosOptions {
  readonly teardown: Teardown;
  readonly tell: (line: string) => void;
}

/** What happened to the processes. */
interface Diary {
  readonly deaths: Map<string, number>;
  readonly reached: Map<DeathPoint, number>;
  readonly outages: Outage[];
  givenUp: number;
  mode: string;
}

async function play(parts: Parts): Promise<number> {
  const { plan, teardown, tell, signal, logs } = parts;
  const site = await openSite({ logs, teardown, signal, tell });
  const diary: Diary = {
    ...{ deaths: new Map(), reached: new Map(), outages: [], givenUp: 0, mode: "start" },
  };
  const fleet = launchFleet(site, diary, parts);
  teardown.defer("fleet", async () => {
    await fleet.stop("SIGKILL");
  });
  fleet.start();
  await groupComplete(site, PROCESSES, signal);
  tell(`${PROCESSES} processes are in the group`);

  const random = new Random(plan.seed);
  const load = new Load({ site, random: random.fork("load"), signal });
  teardown.defer("load", async () => load.close());
  for (const { mode, ms, requests } of plan.acts) {
    diary.mode = mode;
    tell(`— ${mode}: ${requests} requests in ${Math.round(ms / 1000)} s`);
    const { reached, outages } = diary;
    const stage: Stage = {
      ...{ mode, site, fleet, load, ms, requests, reached, outages, signal, tell },
      ...{ random: random.fork(mode), isUnhurried: plan.isUnhurried },
    };
    await PLAYS[mode].play(stage);
    fleet.disarm();
    await load.settled();
    if (plan.isUnhurried) await settle(site, parts);
  }
  diary.mode = "end";
  await settle(site, parts);
  const ends = await fleet.stop("SIGTERM");
  const codes = ends.map(({ code }) => code ?? "killed").join(", ");
  tell(`the processes ended with ${codes}; ${diary.givenUp} gave up before`);
  return judge(site, diary, parts);
}

function launchFleet(site: Site, diary: Diary, { isControl, tell }: Parts): Fleet {
  const { configFile, logFolder } = site;
  return new Fleet({
    ...{ size: PROCESSES, configFile, logFolder, env: LOCAL_ENV, privateJournal: isControl },
    onDeath: ({ member, point }) => {
      const { mode, deaths, reached } = diary;
      deaths.set(mode, (deaths.get(mode) ?? 0) + 1);
      if (point !== null) reached.set(point, (reached.get(point) ?? 0) + 1);
      tell(`process ${member} died${point === null ? "" : ` ${point}`}`);
    },
    onGivenUp: (member, { code, fatal }) => {
      diary.givenUp += 1;
      tell(`process ${member} gave up: it ended with ${code}; ${fatal ?? "nothing was fatal"}`);
    },
  });
}

/** Everything is left alone until it is done, or nothing more comes of it. */
async function settle(site: Site, { plan, signal, tell }: Parts): Promise<void> {
  const since = performance.now();
  const isDone = await allCommitted(site, plan.stillMs, signal);
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  tell(
    isDone
      ? `all is done, after ${seconds} s of rest`
      : `not all is done after ${seconds} s of rest`,
  );
}

async function judge(site: Site, diary: Diary, parts: Parts): Promise<number> {
  const { terminal, tell, plan, signal, isControl } = parts;
  tell("reading the topics and the provider's books");
  const [books, journal] = await Promise.all([readBooks(site, signal), readJournal(site, signal)]);
  const violations = audit(books, { maxAttempts: MAX_ATTEMPTS, budget: BUDGET });
  const recoveries = diary.outages.map(({ mode, openedAt, firstCallMs }) => ({
    ...{ mode, callMs: firstCallMs, claimMs: firstClaimMs(journal, openedAt) },
  }));
  const findings: Findings = { books, violations, recoveries, deaths: diary.deaths };
  const rows = rowsOf(findings);
  terminal.stdout(renderRows(rows));
  const points = [...diary.reached].map(([point, times]) => `${point} ${times}`).toSorted();
  terminal.stdout(`deaths at named points: ${points.join(", ")}\nseed ${plan.seed}\n`);
  if (isControl) return verdictOfControl(violations, parts);

  if (violations.length > 0) {
    terminal.stderr(await cluesTo(violations, journal, site.logFolder));
  }
  const slow = recoveries.filter((recovery) => !hasRecovered(recovery));
  const unreached = plan.acts.some(({ mode }) => mode === "points")
    ? NAMED_POINTS.filter((point) => !diary.reached.has(point))
    : [];
  if (unreached.length > 0) tell(`nobody died ${unreached.join(", ")}`);
  if (slow.length > 0) tell(`${slow.length} times work did not go on in time`);
  // Whatever is away, the service stays (contract, `run`).
  if (diary.givenUp > 0) tell(`${diary.givenUp} processes gave up by themselves`);
  const holds = violations.length + slow.length + unreached.length + diary.givenUp === 0;
  terminal.stdout(holds ? "every promise holds\n" : "NOT every promise holds\n");
  return holds ? 0 : 1;
}

function verdictOfControl(violations: readonly Violation[], { terminal }: Parts): number {
  const doubles = violations.filter(({ kind }) => kind === "twice");
  const requests = new Set(doubles.map(({ requestId }) => requestId)).size;
  terminal.stdout(
    doubles.length > 0
      ? `claims are off: ${doubles.length} calls too many, of ${requests} requests, as it must be\n`
      : "claims are off, and nothing was called twice: this harness sees no doubles\n",
  );
  return doubles.length > 0 ? 0 : 1;
}

/** Whether a word names a mode. */
export function isMode(word: string): word is ModeName {
  return (MODES as readonly string[]).includes(word);
}
