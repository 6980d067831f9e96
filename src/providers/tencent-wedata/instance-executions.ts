import { dataOf, type Fields, listOf, numberOf, textOf } from "./answer.ts";
import type { WedataAction } from "./sdk.ts";

/** The API's action name. */
export const LIST_EXECUTIONS = "ListTaskInstanceExecutions";

/** The most that the API gives at once. */
const PAGE_SIZE = 200;

/** ListTaskInstanceExecutions, 2025-08-06: one page, the largest. */
export function listExecutions(projectId: string, instanceKey: string): WedataAction {
  const parameters = {
    ProjectId: projectId,
    InstanceKey: instanceKey,
    PageSize: PAGE_SIZE,
    PageNumber: 1,
  };
  return { version: "2025-08-06", action: LIST_EXECUTIONS, parameters };
}

/** One round of an instance: its first run is round 0, its first rerun round 1; retries count not. */
export interface Round {
  readonly number: number;
  readonly state: string | null;
  readonly isRerun: boolean;
  /** When its first phase began, as the provider spells it. */
  readonly beganAt: string | null;
}

/**
 * The newest round in the answer. Null when none is told, or when there are more than were given:
 * their order is documented nowhere.
 */
export function newestRoundOf(answer: unknown): Round | null {
  const data = dataOf(answer);
  const items = listOf(data["Items"]);
  if ((numberOf(data["TotalCount"]) ?? 0) > items.length) return null;
  const rounds = items.flatMap((item) => roundOf(item) ?? []);
  return rounds.toSorted((a, b) => b.number - a.number)[0] ?? null;
}

function roundOf(item: Fields): Round | null {
  const number = numberOf(item["LifeRoundNum"]);
  if (number === null) return null;
  const starts = listOf(item["ExecutionPhaseList"]).flatMap(
    (phase) => textOf(phase["StartTime"]) ?? [],
  );
  return {
    number,
    state: textOf(item["InstanceState"]),
    // RERUN, RERUN_SKIP_RUN, RERUN_MANUAL_TRIGGER.
    isRerun: textOf(item["RunType"])?.startsWith("RERUN") ?? false,
    beganAt: starts.toSorted()[0] ?? null,
  };
}
