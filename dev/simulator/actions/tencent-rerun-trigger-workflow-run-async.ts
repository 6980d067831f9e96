import { jobOrder } from "../job-order.ts";
import { optionalTexts } from "../json-parameters.ts";
import { rerunTargets } from "../rerun-targets.ts";
import { tencentAction } from "../tencent-action.ts";

/**
 * WeData RerunTriggerWorkflowRunAsync, 2025-08-06: opens a job that reruns one run of a workflow.
 *
 * Parameters: tencentcloud.com API page of 2026-03-02; the action is called as the SDK calls it, not
 * as in the page's example. `TaskIds` is checked, but all tasks of the run are run. A run that does
 * not exist is `ResourceNotFound`, which the page documents for this action.
 */
export const tencentRerunTriggerWorkflowRunAsync = tencentAction({
  name: "RerunTriggerWorkflowRunAsync",
  version: "2025-08-06",
  effect: "rerun",
  parameters: {
    ProjectId: { type: "string", required: true },
    WorkflowId: { type: "string", required: true },
    WorkflowExecutionId: { type: "string", required: true },
    ExecuteType: { type: "string", required: true, oneOf: ["1", "2"] },
    AdvancedParams: {
      type: "objects",
      fields: optionalTexts("ParamKey", "ParamValue", "ExtProperties"),
    },
    TaskIds: { type: "strings" },
    ...optionalTexts("SchedulingResourceGroup", "IntegrationResourceGroup"),
  },
  targets: ({ WorkflowExecutionId }) => [WorkflowExecutionId],
  run: ({ WorkflowId, WorkflowExecutionId }, backend) => {
    if (backend.instances.read(WorkflowExecutionId) === undefined) {
      const message = `The workflow run ${WorkflowExecutionId} does not exist.`;
      return { kind: "refused", error: { code: "ResourceNotFound", message } };
    }
    backend.flows.seed({ flowId: WorkflowId, instanceIds: [WorkflowExecutionId] });
    const split = rerunTargets([WorkflowExecutionId], backend);
    const AsyncId = backend.jobs.open(
      jobOrder("RERUN_TRIGGER_WORKFLOW_RUN", split, backend.jobEnd),
    );
    return { kind: "done", body: { Data: { AsyncId } }, executed: true, ranTargets: split.ran };
  },
});
