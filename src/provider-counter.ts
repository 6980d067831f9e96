import type { ProviderConfig } from "./config/config.ts";
import type { Counter } from "./desk/desk-parts.ts";
import type { TrackUntil } from "./domain/following.ts";
import type { Operation } from "./domain/operation.ts";
import type { Gate, Provider, ReadTurns, RerunCall } from "./domain/provider.ts";
import { targetsOf } from "./domain/targets.ts";
import type { LaneJournal } from "./journal/journal.ts";
import { Judge } from "./judging/judge.ts";
import type { AccountLimits } from "./lanes/account-limits.ts";
import type { Clock } from "./lanes/clock.ts";
import { describeHeld } from "./lanes/hold.ts";
import { Lane } from "./lanes/lane.ts";
import type { LaneDesk } from "./lanes/lane-desk.ts";
import { persistentTurns } from "./lanes/persistent-turns.ts";
import type { Prepare } from "./lanes/preparation.ts";
import type { OpenReads } from "./lanes/read-turns.ts";
import { soundOut } from "./lanes/sounding.ts";
import type { Packing } from "./lanes/waiting-request.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { OpenProvider } from "./providers/open-provider.ts";
import { CallTracker } from "./tracking/call-tracker.ts";

export interface CounterParts {
  readonly opened: OpenProvider;
  /** Of its account: other connections may share them. */
  readonly limits: AccountLimits;
  readonly journal: LaneJournal;
  readonly packing: Packing;
  /** What the records about one call may weigh together, roughly, in bytes. */
  readonly maxClaimBytes: number;
  readonly desk: LaneDesk;
  readonly metrics: Metrics;
  readonly log: Pick<Log, "info" | "warn">;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Aborts calls that still run when the drain is over. */
  readonly abandon: AbortSignal;
}

/** Everything that serves one provider connection: its adapter, its lane, its judge, its tracker. */
export interface ProviderCounter extends Counter {
  readonly config: ProviderConfig;
  readonly lane: Lane;
  readonly judge: Judge;
  readonly tracker: CallTracker;
  readonly until: TrackUntil;
  /** The most calls in a second, by its own limits or by those that it shares. */
  readonly callsPerSecond: number;
  /** The same now: less while an order or the provider asks for it. */
  readonly rate: () => number;
  /** No more calls in a second than this, by those that share the limits too; null: as configured. */
  readonly limitTo: (callsPerSecond: number | null) => void;
  /** Counted against `callsPerDay`; null: not counted. */
  readonly callsOfTheDay: () => AccountLimits["ofTheDay"];
  /** Ends all judging and following now, with what is known: the process is about to go. */
  stopReading(): void;
}

/** Builds all that serves an open provider connection. */
export function createCounter(parts: CounterParts): ProviderCounter {
  const { opened, limits, desk, metrics, clock } = parts;
  const { config, provider } = opened;
  const { kind, operations } = provider;
  const { name, evidence, track } = config;
  const stopped = new AbortController();
  const { now } = clock;
  let readsMade = 0;
  const turns = limits.turns({
    signal: stopped.signal,
    onRead: (action, result) => {
      readsMade += 1;
      metrics.readEnded(name, action, result);
    },
  });
  const reading = { provider, turns, stopped: stopped.signal, now };
  const judge = new Judge({
    ...{ ...reading, reads: evidence.reads, intervalMs: evidence.intervalMs },
    turns: persistentTurns(turns),
    onFinding: (finding) => metrics.reconciled(name, finding),
  });
  const tracker = new CallTracker({
    ...{ ...reading, intervalMs: track.intervalMs, timeoutMs: track.timeoutMs },
    readsMade: () => readsMade,
    onFailure: (error) => desk.failed(error),
  });
  const lane = laneOf(parts, turns);
  return {
    ...{ config, kind, operations, lane, judge, tracker, until: track.until },
    ...{ maxAttempts: config.retry.maxAttempts, uncertain: config.uncertain },
    objection: (operation) => provider.objection(operation),
    callsPerSecond: limits.perSecond,
    rate: () => limits.perSecondNow,
    limitTo: (callsPerSecond) => limits.limitTo(callsPerSecond),
    callsOfTheDay: () => limits.ofTheDay,
    stopReading: () => stopped.abort(new Error("the dispatcher is stopping")),
  };
}

function laneOf(parts: CounterParts, turns: OpenReads): Lane {
  const { opened, limits, journal, packing, desk, metrics, log, clock, random, abandon } = parts;
  const { provider, config } = opened;
  const { name, retry, breaker, holdWindows } = config;
  const { maxConcurrentCalls, connectTimeoutMs, callTimeoutMs } = config;
  return new Lane({
    ...{ name, journal, packing, limits, clock, abandon, desk },
    provider: obeying(provider, limits, clock.now),
    claimTerms: { connectTimeoutMs, callTimeoutMs },
    prepare: prepareOf(opened, persistentTurns(turns.beforeCalls)),
    soundOut: async () => soundOut(provider, turns.beforeCalls),
    ...{ retry, breaker, holdWindows, maxConcurrentCalls, random },
    coalesce: { maxInstances: config.coalesce.maxInstances, maxBytes: parts.maxClaimBytes },
    onHold: ({ began, ended }) => {
      for (const held of began) log.warn("lane.held", { provider: name, ...describeHeld(held) });
      for (const why of ended) log.info("lane.released", { provider: name, why });
    },
    meter: {
      throttleWaited: (ms) => metrics.throttleWaited(name, ms),
      claimed: (result, ms) => metrics.claimEnded(result, ms),
      called: (operation, { end, durationMs, requests }) =>
        metrics.callEnded({ provider: name, operation, result: end.kind, durationMs, requests }),
      left: (at) => metrics.callStarted(name, at),
    },
  });
}

/** The same provider; when it throttles, the limits follow before anybody else asks for a turn. */
function obeying(
  provider: Pick<Provider, "rerun">,
  limits: Pick<AccountLimits, "throttled">,
  now: () => number,
): Pick<Provider, "rerun"> {
  return {
    rerun: async (call, terms) => {
      const way = { leftAt: now() };
      const end = await provider.rerun(call, { ...terms, gate: noting(terms.gate, way, now) });
      const { leftAt } = way;
      if (end.kind === "throttled") limits.throttled({ retryAfterMs: end.retryAfterMs, leftAt });
      return end;
    },
  };
}

/** The same gate, which notes when the first byte leaves. */
function noting(gate: Gate, way: { leftAt: number }, now: () => number): Gate {
  return {
    pass: async (signal) => {
      const leave = await gate.pass(signal);
      return () => {
        leave();
        way.leftAt = now();
      };
    },
  };
}

/** How the lane reads targets before their call, by `evidence.before`. */
function prepareOf({ config, provider }: OpenProvider, turns: ReadTurns): Prepare | null {
  const { before } = config.evidence;
  if (before === "never") return null;
  // The end of a run can only be told from the end of an older one by what was read before.
  const mode = config.track.until === "finished" ? "always" : before;
  return {
    mode,
    applies: (operation) => provider.leavesTraces(callFor(operation)),
    read: async (operation, signal) =>
      provider.readBefore(callFor(operation), callableOff(turns, signal)),
  };
}

/** The call as it would be made; its claim is still to come, and no reading needs it. */
function callFor(operation: Operation): RerunCall {
  return { claimId: "", operation, targets: targetsOf(operation) };
}

/** The same turns for somebody who may lose interest. */
function callableOff(turns: ReadTurns, signal: AbortSignal): ReadTurns {
  return { take: async (action, read) => turns.take(action, read, signal) };
}
