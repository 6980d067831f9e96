import { readDone } from "../action.ts";
import { type InstanceView } from "../instance-book.ts";
import { type RunPhase, type RunView } from "../instance-run.ts";
import { tencentAction } from "../tencent-action.ts";
import { costMs, unknownThing } from "./tencent-instance.ts";

const states: Readonly<Record<RunPhase, string>> = {
  failed: "FAILED",
  waiting: "PENDING",
  running: "RUNNING",
  succeeded: "SUCCESS",
};

/**
 * WeData GetTriggerWorkflowRun, 2025-08-06: a workflow's run and every execution of its two tasks.
 *
 * Times are ms since the epoch as text, as in the API page's sample. `Filters` and `OrderFields` must
 * be empty: what they may name is published nowhere. Until a rerun named it, the workflow is unknown.
 */
export const tencentGetTriggerWorkflowRun = tencentAction({
  name: "GetTriggerWorkflowRun",
  version: "2025-08-06",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    WorkflowExecutionId: { type: "string", required: true },
    Filters: {
      type: "objects",
      fields: { Name: { type: "string" }, Values: { type: "strings" } },
    },
    OrderFields: {
      type: "objects",
      fields: {
        Name: { type: "string", required: true },
        Direction: { type: "string", required: true, oneOf: ["ASC", "DESC"] },
      },
    },
  },
  targets: ({ WorkflowExecutionId }) => [WorkflowExecutionId],
  run: ({ ProjectId, WorkflowExecutionId, Filters, OrderFields }, { instances, flows }) => {
    if ([...(Filters ?? []), ...(OrderFields ?? [])].length > 0) {
      const message = "The simulator neither filters nor orders task runs.";
      return { kind: "refused", error: { code: "InvalidParameter", message } };
    }
    const instance = instances.read(WorkflowExecutionId);
    if (instance === undefined) {
      return unknownThing(`workflow run ${WorkflowExecutionId}`);
    }
    const ids = { ProjectId, WorkflowId: flows.flowOf(WorkflowExecutionId) ?? null };
    const TriggerTaskRuns = instance.runs.flatMap((run) =>
      ["1", "2"].map((task) => ({ ...ids, ...taskRun(instance, run, task) })),
    );
    const TriggerWorkflowRun = { ...ids, ...workflowRun(instance) };
    return readDone({ Data: { TriggerWorkflowRun, TriggerTaskRuns, BizStateEnumInfos: [] } });
  },
});

function workflowRun({ id, createdAtMs, last, phase }: InstanceView) {
  return {
    ExecutionId: id,
    TriggerType: "Scheduler",
    CreateTime: String(createdAtMs),
    ScheduleTime: String(createdAtMs),
    ExecutionState: states[phase],
    ExecutionCostTime: String(Math.floor(costMs(last) / 1000)),
    RerunTimes: last.number - 1,
    SupportRerun: true,
    ...times(last),
  };
}

function taskRun({ id, createdAtMs, last }: InstanceView, run: RunView, task: string) {
  return {
    WorkflowExecutionId: id,
    TaskId: `${id}-task-${task}`,
    ExecutionId: `${id}-task-${task}-run-${run.number}`,
    ExecutionState: states[run.phase],
    CreateTime: String(createdAtMs),
    UpdateTime: String(run.modifiedAtMs),
    RerunTimes: run.number - 1,
    RetryTimes: 0,
    IsLatestExecution: run === last,
    SupportRerun: true,
    ...times(run),
  };
}

function times({ startedAtMs, finishedAtMs }: RunView) {
  return {
    ExecutionStartTime: startedAtMs === undefined ? null : String(startedAtMs),
    ExecutionEndTime: finishedAtMs === undefined ? null : String(finishedAtMs),
  };
}
