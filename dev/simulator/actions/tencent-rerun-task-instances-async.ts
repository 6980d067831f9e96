import { jobOrder } from "../job-order.ts";
import { optionalTexts } from "../json-parameters.ts";
import { rerunTargets } from "../rerun-targets.ts";
import { tencentAction } from "../tencent-action.ts";

/**
 * WeData RerunTaskInstancesAsync, 2025-08-06: opens a job that reruns instances.
 *
 * Parameters: tencentcloud.com API page of 2025-11-13 (`RedefineParamList` is one `{K,V}` object, as
 * the SDK's `KVMap` says).
 */
export const tencentRerunTaskInstancesAsync = tencentAction({
  name: "RerunTaskInstancesAsync",
  version: "2025-08-06",
  effect: "rerun",
  parameters: {
    ProjectId: { type: "string", required: true },
    InstanceKeyList: { type: "strings", required: true },
    RerunType: { type: "string", oneOf: ["1", "2", "3"] },
    CheckParentType: { type: "string", oneOf: ["ALL", "MAKE_SCOPE", "NONE"] },
    SonRangeType: { type: "string", oneOf: ["WORKFLOW", "PROJECT", "ALL"] },
    SkipEventListening: { type: "boolean" },
    RedefineParallelNum: { type: "integer" },
    RedefineSelfWorkflowDependency: { type: "string", oneOf: ["yes", "no"] },
    RedefineParamList: { type: "object", fields: optionalTexts("K", "V") },
  },
  targets: ({ InstanceKeyList }) => InstanceKeyList,
  run: ({ InstanceKeyList }, backend) => {
    const split = rerunTargets(InstanceKeyList, backend);
    const AsyncId = backend.jobs.open(jobOrder("RERUN_TASK_INSTANCES", split, backend.jobEnd));
    return { kind: "done", body: { Data: { AsyncId } }, executed: true, ranTargets: split.ran };
  },
});
