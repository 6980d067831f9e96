import type { Mark } from "../../domain/evidence.ts";
import { type Comparison, ran, unchanged, unclear } from "../alibaba-comparison.ts";
import { momentOf } from "./dms-time.ts";
import { endedAs, type FlowInstance, isUnderWay, wordOf } from "./task-flow-instance.ts";

/** What is kept of a reading. */
export function markOfInstance({ status, startTime, endTime }: FlowInstance): Mark {
  return { status, startTime, endTime };
}

/**
 * Whether an instance ran again between two readings. Only one whose run had ended tells: one under
 * way starts and ends for its own reasons. Resuming its failed nodes by hand looks the same.
 */
export function compare(before: Mark, now: FlowInstance): Comparison {
  const wasStatus = typeof before["status"] === "number" ? before["status"] : null;
  if (endedAs(wasStatus) === null) {
    return unclear(`its run had not ended before the call (it was ${wordOf(wasStatus)})`);
  }
  const [startedBefore, started] = [momentOf(before["startTime"]), momentOf(now.startTime)];
  if (startedBefore !== null && started !== null && started > startedBefore) {
    return ran(`a run of it started at ${String(now.startTime)}, after the one before the call`);
  }
  if (isUnderWay(now.status)) {
    return ran(`its run was ${wordOf(wasStatus)} and it is ${wordOf(now.status)} again`);
  }
  if (before["endTime"] !== null && now.endTime === null && endedAs(now.status) === null) {
    return ran("its run had ended and it shows no end any more");
  }
  if (hasNewerEnd(before, now)) {
    return ran(`a run of it ended at ${String(now.endTime)}, after the one before the call`);
  }
  const isSame = wasStatus === now.status && before["startTime"] === now.startTime;
  return isSame && before["endTime"] === now.endTime
    ? unchanged("nothing about it changed")
    : unclear("it changed, but not as by a new run");
}

/** A run that had ended has a later end now: it ran again in between. */
export function hasNewerEnd(before: Mark, now: FlowInstance): boolean {
  const [endedBefore, ended] = [momentOf(before["endTime"]), momentOf(now.endTime)];
  const bothEnded = endedAs(before["status"]) !== null && endedAs(now.status) !== null;
  return bothEnded && endedBefore !== null && ended !== null && ended > endedBefore;
}
