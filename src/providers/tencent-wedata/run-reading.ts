import type { Mark } from "../../domain/evidence.ts";
import { isAtRest, isWaiting, phaseOf } from "./run-state.ts";

/**
 * What one reading told about a target. Its mark has some of:
 *
 * - `rounds`: goes up with every rerun, and with nothing else
 * - `runs`: goes up with every run, automatic retries included
 * - `state`: as the provider spells it
 * - `startedAt`: of the last run, in a spelling whose order is the order of time
 * - `executions`: other when other executions are there
 * - fields that are only looked at to see whether anything changed at all
 */
export interface RunReading {
  readonly mark: Mark;
  /** Why the last run failed, if the provider says so. */
  readonly error: string | null;
}

/** What changed between two readings of one target. */
export type Change =
  /** A run has begun that is none of the ones before; `seen` says what shows it. */
  | { readonly kind: "new-run"; readonly seen: string }
  /** Something changed, but not for sure because of a new run. */
  | { readonly kind: "unclear" }
  /** Nothing changed, and a new run would have shown. */
  | { readonly kind: "nothing" };

/**
 * Compares two readings of one target.
 *
 * A target that was at rest runs again only if somebody asks for it: then any sign of a run is a new
 * run. One that ran may be retried by the provider itself: then only its rounds tell. One that was
 * waiting had a run to come already, asked for by somebody else: then nothing tells.
 */
export function changeBetween(before: Mark, now: Mark): Change {
  const rested = isAtRest(before["state"]);
  if (!isWaiting(before["state"]) && isUp(before, now, "rounds")) {
    return newRun(before, now, "rounds");
  }
  if (rested) {
    if (isUp(before, now, "runs")) return newRun(before, now, "runs");
    if (isLater(before, now, "startedAt")) return newRun(before, now, "startedAt");
    if (phaseOf(now["state"]) === "open") return newRun(before, now, "state");
    if (isOther(before, now, "executions")) {
      return { kind: "new-run", seen: "other executions of its tasks are there" };
    }
  }
  // Behind a run that still goes, a new one may wait for longer than anybody looks.
  const wouldShow = rested && (counts(before, "rounds") || counts(before, "runs"));
  const fields = new Set([...Object.keys(before), ...Object.keys(now)]);
  const same = [...fields].every((field) => before[field] === now[field]);
  return { kind: same && wouldShow ? "nothing" : "unclear" };
}

function newRun(before: Mark, now: Mark, field: string): Change {
  const [then, later] = [String(before[field] ?? null), String(now[field] ?? null)];
  return { kind: "new-run", seen: `its ${field} went from ${then} to ${later}` };
}

function counts(mark: Mark, field: string): boolean {
  return typeof mark[field] === "number";
}

function isUp(before: Mark, now: Mark, field: string): boolean {
  const [then, later] = [before[field], now[field]];
  return typeof then === "number" && typeof later === "number" && later > then;
}

/** Times of one length are ordered like their text. */
function isLater(before: Mark, now: Mark, field: string): boolean {
  const [then, later] = [before[field], now[field]];
  if (typeof then !== "string" || typeof later !== "string") return false;
  return then.length === later.length && later > then;
}

function isOther(before: Mark, now: Mark, field: string): boolean {
  const [then, later] = [before[field], now[field]];
  return typeof then === "string" && typeof later === "string" && later !== then;
}
