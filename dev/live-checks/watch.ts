import { setTimeout as sleep } from "node:timers/promises";
import type { CallEnd } from "../../src/domain/call-end.ts";
import { type Evidence, type Mark, type TargetFinding } from "../../src/domain/evidence.ts";
import type { Following, Progress } from "../../src/domain/following.ts";
import type { RerunCall } from "../../src/domain/provider.ts";
import type { Connection } from "./connection.ts";
import { callOf, type OneTarget } from "./one-target.ts";
import type { Pace } from "./pace.ts";
import { sight } from "./sight.ts";
import { COUNTERS, standingOf } from "./standing.ts";

/** What one round of reads showed, and when it was complete. */
export interface Sighting {
  /** Milliseconds since the first byte of the call left. */
  readonly afterMs: number;
  readonly mark: Mark;
}

/** One rerun, and what was seen of it until its run ended or the time was over. */
export interface WatchedRerun {
  readonly before: Mark;
  readonly end: CallEnd;
  /** Milliseconds since the epoch. */
  readonly calledAt: number;
  /** Before the second call, where one was made. */
  readonly sightings: readonly Sighting[];
  /** The end of the call that was made while the run was going on; null: none was made. */
  readonly second: CallEnd | null;
  /** The last reading, of whichever call. */
  readonly last: Mark;
  readonly progress: Progress | null;
  /** What the product would tell of it, had the answer been lost. */
  readonly judged: TargetFinding | null;
  readonly watchedMs: number;
}

export interface WatchOptions {
  readonly before: Mark;
  /** Call once more when the run is seen to go on. */
  readonly callAgain: boolean;
  readonly pace: Pace;
}

interface Call {
  readonly end: CallEnd;
  readonly calledAt: number;
  /** Monotonic; of the first byte, or of the attempt when nothing left. */
  readonly leftAt: number;
}

/** Makes the call, once, and reads on until its run has ended. Never calls what it has not to. */
export async function watchRerun(
  connection: Connection,
  one: OneTarget,
  { before, callAgain, pace }: WatchOptions,
): Promise<WatchedRerun> {
  const first = await makeCall(connection, one.call);
  const evidence: Evidence = { marks: [{ target: one.target, mark: before }] };
  const sightings: Sighting[] = [];
  let second: CallEnd | null = null;
  let last = before;
  let progress: Progress | null = null;
  let following = followingOf(one.call, first, evidence);
  const elapsed = () => performance.now() - first.leftAt;
  while (following !== null && elapsed() < pace.watchMs && !connection.signal.aborted) {
    progress = await connection.provider.follow(following, connection.turns);
    if (progress.kind === "open") following = progress.following;
    const mark = await sight(connection, one);
    if (mark !== null) {
      last = mark;
      if (second === null) sightings.push({ afterMs: elapsed(), mark });
    }
    if (progress.kind === "ended") break;
    if (callAgain && second === null && mark !== null && isRunning(connection, before, mark)) {
      second = (await makeCall(connection, callOf(one.call.operation))).end;
    }
    await sleep(pace.pollMs, undefined, { signal: connection.signal }).catch(() => undefined);
  }
  const judged = following === null ? null : await judge(connection, one, evidence, elapsed());
  const { end, calledAt } = first;
  return {
    ...{ before, end, calledAt, sightings, second, last, progress, judged },
    watchedMs: elapsed(),
  };
}

/** Whether the call's own run goes on: it is counted already, where anything counts. */
function isRunning({ config: { kind } }: Connection, before: Mark, mark: Mark): boolean {
  if (standingOf(kind, mark) !== "under-way") return false;
  const counters = COUNTERS[kind];
  return counters.length === 0 || risen(counters, before, mark) !== null;
}

/** The first of these counters that is higher, and by how much. */
export function risen(
  counters: readonly string[],
  before: Mark,
  mark: Mark,
): { readonly counter: string; readonly by: number } | null {
  for (const counter of counters) {
    const [then, now] = [before[counter], mark[counter]];
    if (typeof then === "number" && typeof now === "number" && now > then) {
      return { counter, by: now - then };
    }
  }
  return null;
}

async function makeCall(connection: Connection, call: RerunCall): Promise<Call> {
  const { provider, limits, signal } = connection;
  let leftAt = performance.now();
  const gate = limits.gateFor(call.operation.kind, (at) => (leftAt = at));
  const calledAt = Date.now();
  try {
    const end = await provider.rerun(call, { gate, signal });
    return { end, calledAt, leftAt };
  } finally {
    gate.close();
  }
}

/** Null when the call was not taken: then there is nothing to follow. */
function followingOf(call: RerunCall, { end, calledAt }: Call, before: Evidence): Following | null {
  if (end.kind !== "accepted") return null;
  if (end.targets.some(({ status }) => status !== "SUCCEEDED")) return null;
  return { call, until: "finished", job: end.job, before, calledAt, ended: [], notes: {} };
}

async function judge(
  { provider, turns }: Connection,
  { call, target }: OneTarget,
  before: Evidence,
  writtenAgoMs: number,
): Promise<TargetFinding | null> {
  const doubt = { call, targets: [target], before, writtenAgoMs };
  const [finding] = await provider.judge(doubt, turns);
  return finding ?? null;
}
