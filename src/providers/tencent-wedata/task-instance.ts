import { dataOf, numberOf, textOf } from "./answer.ts";
import type { RunReading } from "./run-reading.ts";
import type { WedataAction } from "./sdk.ts";

/** The API's action name, the same in both versions. */
export const GET_TASK_INSTANCE = "GetTaskInstance";

/** GetTaskInstance of one version. Times are asked for in the zone that is the default, UTC+8. */
export function getTaskInstance(
  version: WedataAction["version"],
  projectId: string,
  instanceKey: string,
): WedataAction {
  const parameters = { ProjectId: projectId, InstanceKey: instanceKey };
  return { version, action: GET_TASK_INSTANCE, parameters };
}

/**
 * Reads the answer of 2025-08-06. It counts runs, automatic retries included, and no rounds.
 * Null when it tells no state.
 */
export function instanceReadingOf(answer: unknown): RunReading | null {
  const data = dataOf(answer);
  const state = textOf(data["InstanceState"]);
  if (state === null) return null;
  const mark = {
    rounds: null,
    runs: numberOf(data["TotalRunNum"]),
    state,
    startedAt: textOf(data["StartTime"]),
    updatedAt: textOf(data["LastUpdateTime"]),
  };
  return { mark, error: textOf(data["JobErrorMsg"]) };
}

/**
 * Reads the answer of 2021-08-20, which counts rounds (0 until the first rerun) and tells states by
 * number. Null when it tells no state.
 */
export function scheduleInstanceReadingOf(answer: unknown): RunReading | null {
  const data = dataOf(answer);
  const told = data["InstanceState"];
  // Another read of this version tells the same numbers as text.
  const state = typeof told === "number" ? String(told) : textOf(told);
  if (state === null) return null;
  const mark = {
    rounds: numberOf(data["LifeRoundNum"]),
    runs: numberOf(data["TotalRunNum"]),
    state,
    startedAt: textOf(data["StartTime"]),
    executionId: textOf(data["ExecutionJobId"]),
  };
  return { mark, error: null };
}
