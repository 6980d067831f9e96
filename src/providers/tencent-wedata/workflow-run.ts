import { createHash } from "node:crypto";
import { dataOf, type Fields, fieldsOf, listOf, numberOf, textOf } from "./answer.ts";
import type { RunReading } from "./run-reading.ts";
import type { WedataAction } from "./sdk.ts";

/** The API's action name. */
export const GET_WORKFLOW_RUN = "GetTriggerWorkflowRun";

/** GetTriggerWorkflowRun, 2025-08-06. */
export function getWorkflowRun(projectId: string, workflowExecutionId: string): WedataAction {
  const parameters = { ProjectId: projectId, WorkflowExecutionId: workflowExecutionId };
  return { version: "2025-08-06", action: GET_WORKFLOW_RUN, parameters };
}

/**
 * Reads its answer, which counts reruns and names the executions of the run's tasks. Null when it
 * tells no state.
 */
export function workflowRunReadingOf(answer: unknown): RunReading | null {
  const data = dataOf(answer);
  const run = fieldsOf(data["TriggerWorkflowRun"]);
  const state = textOf(run["ExecutionState"]);
  if (state === null) return null;
  const mark = {
    rounds: numberOf(run["RerunTimes"]),
    state,
    startedAt: textOf(run["ExecutionStartTime"]),
    endedAt: textOf(run["ExecutionEndTime"]),
    executions: digestOf(listOf(data["TriggerTaskRuns"])),
  };
  return { mark, error: textOf(run["ErrorCodeStr"]) };
}

/** One short text for all executions: a workflow may have hundreds of tasks. */
function digestOf(taskRuns: readonly Fields[]): string | null {
  const ids = taskRuns.flatMap((run) => textOf(run["ExecutionId"]) ?? []);
  if (ids.length === 0) return null;
  return createHash("sha256").update(ids.toSorted().join("\n")).digest("base64url").slice(0, 22);
}
