import { setTimeout as sleep } from "node:timers/promises";
import type { CallEnd } from "../../src/domain/call-end.ts";
import type { Evidence, TargetFinding } from "../../src/domain/evidence.ts";
import type { Provider, ReadTurns, RerunCall } from "../../src/domain/provider.ts";
import type { openProvider } from "../../src/providers/open-provider.ts";
import type { Arrival } from "../simulator/arrivals.ts";
import type { Fault } from "../simulator/fault.ts";
import { rerunByHand, RUN_MS } from "./by-hand.ts";
import { connectionOf, openGate, promptTurns } from "./connection.ts";
import { type Followed, followingOf, followToEnd } from "./follow.ts";
import type { Knowable, Told, Truth } from "./rules.ts";
import type { Cast, Scenario, Stage, Terms } from "./scenario.ts";
import type { Subject } from "./subject.ts";

/** Opens a connection's adapter; another than the real one proves that the rules see lies. */
export type Open = typeof openProvider;

/** One scenario as it was played with one operation. */
export interface Played {
  readonly told: Told;
  readonly truth: Truth;
  readonly knowable: Knowable;
}

export interface PlayOptions {
  readonly open: Open;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** One call on its stage, from the reading before it to the judgement after it. */
interface Act {
  readonly cast: Cast;
  readonly scenario: Scenario;
  readonly terms: Terms;
  readonly provider: Provider;
  readonly call: RerunCall;
  readonly turns: ReadTurns;
  readonly signal: AbortSignal;
}

/** Enough for every job and run of the simulator's; what is open then stays open. */
const MOST_ROUNDS = 100;
/** For bytes that are still on their way through loopback when the call has ended. */
const ARRIVE_MS = 20;

/**
 * Plays a scenario with one operation: the real adapter, the vendor's SDK and real sockets. The
 * stage must be its own meanwhile. Rejects when the adapter does.
 */
export async function play(
  scenario: Scenario,
  subject: Subject,
  stage: Stage,
  { open, signal }: PlayOptions,
): Promise<Played> {
  const targets = subject.targets(scenario.targets ?? 1);
  const cast: Cast = { ...stage, subject, targets };
  await stage.admin.reset();
  await subject.seed(stage.admin, targets);
  const terms = (await scenario.terms?.(cast)) ?? {};
  const opened = await open(connectionOf(cast, scenario, terms));
  try {
    const { provider } = opened;
    const call = subject.call(targets);
    const turns = promptTurns(signal);
    return await perform({ cast, scenario, terms, provider, call, turns, signal });
  } finally {
    opened.close();
    await terms.close?.();
  }
}

async function perform(act: Act): Promise<Played> {
  const { cast, scenario, provider, call, turns } = act;
  const read = async () => (readsBefore(scenario) ? provider.readBefore(call, turns) : null);
  const before = scenario.isUnderWay === true ? await readUnderWay(cast, read) : await read();
  const earlier = (await cast.admin.arrivals()).length;
  for (const fault of scenario.faults?.(cast) ?? []) await cast.admin.inject(onRerun(fault));
  const calledAt = Date.now();
  const end = await make(act);
  await sleep(ARRIVE_MS);
  const followed = await follow(act, { end, before, calledAt });
  const findings = await judge(act, before);
  const told: Told = {
    end,
    followed: followed?.standing ?? null,
    targets: followed?.targets ?? (end.kind === "accepted" ? end.targets : []),
    findings,
  };
  const arrivals = await cast.admin.arrivals({ after: earlier });
  await everyFaultHit(cast);
  const { knowable } = scenario;
  return {
    told,
    truth: truthOf(arrivals, act),
    knowable: typeof knowable === "function" ? knowable(cast) : knowable,
  };
}

function readsBefore({ evidence, follow: following }: Scenario): boolean {
  if (evidence !== undefined) return evidence.before ?? true;
  return following?.until === "finished" && (following.before ?? true);
}

/** On a busy machine the runs may have ended before they were read: then others are started. */
async function readUnderWay<T>(cast: Cast, read: () => Promise<T>): Promise<T> {
  for (;;) {
    const startedAt = performance.now();
    await rerunByHand(cast);
    // A run waits first; what waits tells nothing afterwards (docs/outcomes.md).
    await sleep(RUN_MS / 4 + 20);
    const reading = await read();
    if (performance.now() - startedAt < RUN_MS) return reading;
  }
}

async function make({ provider, call, terms, signal }: Act): Promise<CallEnd> {
  const over = terms.signal === undefined ? signal : AbortSignal.any([signal, terms.signal]);
  const [end] = await Promise.all([
    provider.rerun(call, { gate: terms.gate ?? openGate, signal: over }),
    terms.meanwhile?.(),
  ]);
  return end;
}

async function follow(
  { scenario, provider, call, turns }: Act,
  made: { readonly end: CallEnd; readonly before: Evidence | null; readonly calledAt: number },
): Promise<Followed | null> {
  if (scenario.follow === undefined) return null;
  const { until, rounds = MOST_ROUNDS } = scenario.follow;
  const { end, before, calledAt } = made;
  const following = followingOf(end, { call, until, before, calledAt });
  return following === null ? null : followToEnd(following, { provider, turns, rounds });
}

async function judge(
  { cast, scenario, provider, call, turns }: Act,
  before: Evidence | null,
): Promise<readonly TargetFinding[]> {
  if (scenario.evidence === undefined) return [];
  const { writtenAgoMs, between } = scenario.evidence;
  await between?.(cast);
  return provider.judge({ call, targets: call.targets, before, writtenAgoMs }, turns);
}

/** A scenario whose fault met nothing has shown nothing. */
async function everyFaultHit({ admin }: Cast): Promise<void> {
  const idle = (await admin.faults()).filter(({ hits }) => hits === 0);
  if (idle.length > 0) throw new Error(`no call met ${JSON.stringify(idle[0]?.fault)}`);
}

function truthOf(arrivals: readonly Arrival[], { scenario, cast }: Act): Truth {
  const calls = arrivals.filter(({ effect }) => effect !== "read");
  const ran = calls.flatMap(({ ranTargets }) => ranTargets);
  const endsBadly = scenario.follow?.until === "finished" && scenario.runsFail === true;
  return {
    arrived: calls.length,
    executed: calls.some(({ executed }) => executed),
    ran,
    ranBadly: endsBadly ? ran : [],
    ranByOthers: scenario.evidence?.somebodyElse === true ? cast.targets : [],
  };
}

/** What happens to the call must not happen to the reads around it. */
function onRerun(fault: Fault): Fault {
  if (fault.kind.startsWith("handshake-")) return fault;
  return { ...fault, filter: { effect: "rerun", ...fault.filter } } as Fault; // all others have it
}
