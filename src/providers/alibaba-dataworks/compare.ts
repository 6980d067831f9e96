import type { Mark } from "../../domain/evidence.ts";
import { type Comparison, ran, unchanged, unclear } from "../alibaba-comparison.ts";
import { endedAs, isUnderWay, type TaskInstance } from "./task-instance.ts";

const FIELDS = [
  "status",
  "runNumber",
  "modifyTime",
  "modifyUser",
  "startedTime",
  "finishedTime",
] as const satisfies readonly (keyof TaskInstance)[];

/** What is kept of a reading. */
export function markOfInstance(instance: TaskInstance): Mark {
  return Object.fromEntries(FIELDS.map((field) => [field, instance[field]]));
}

/**
 * Whether an instance ran again between two readings.
 *
 * Only an instance whose run had ended tells: one under way counts up, starts and ends for its own
 * reasons, its automatic retries among them. When `RunNumber` rises, at the submission or at the
 * start, is documented nowhere, so a run under way and a later start prove as much as it does.
 */
export function compare(before: Mark, now: TaskInstance): Comparison {
  const changed = FIELDS.filter((field) => before[field] !== now[field]);
  const [numberBefore, startedBefore] = [before["runNumber"], before["startedTime"]];
  const { status, runNumber, startedTime } = now;
  if (endedAs(before["status"]) === null) {
    return unclear(`its run had not ended before the call (${String(before["status"])})`);
  }
  if (typeof numberBefore === "number" && runNumber !== null && runNumber !== numberBefore) {
    return runNumber > numberBefore
      ? ran(`its run number rose from ${numberBefore} to ${runNumber}`)
      : unclear(`its run number fell from ${numberBefore} to ${runNumber}`);
  }
  if (isUnderWay(status)) {
    return ran(
      `its run had ended as ${String(before["status"])} and it is ${String(status)} again`,
    );
  }
  if (typeof startedBefore === "number" && startedTime !== null && startedTime > startedBefore) {
    return ran("a run of it started after the one before the call");
  }
  if (changed.length > 0) {
    return unclear(`it changed, but not as by a new run: ${changed.join(", ")}`);
  }
  return runNumber === null || now.modifyTime === null
    ? unclear("neither its run number nor its last change are told")
    : unchanged("nothing about it changed");
}
