import { type Backend } from "../action.ts";
import { type JobEnd } from "../job-book.ts";
import { rerunTargets, type RerunSplit } from "../rerun-targets.ts";
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
    RedefineParamList: {
      type: "object",
      fields: { K: { type: "string" }, V: { type: "string" } },
    },
  },
  targets: ({ InstanceKeyList }) => InstanceKeyList,
  run: ({ InstanceKeyList }, backend) => {
    const split = rerunTargets(InstanceKeyList, backend);
    const AsyncId = backend.jobs.open({
      total: split.ran.length + split.failed.length,
      failed: split.failed.length,
      end: jobEnd(split, backend),
    });
    return { kind: "done", body: { Data: { AsyncId } }, executed: true, ranTargets: split.ran };
  },
});

function jobEnd(split: RerunSplit, backend: Backend): JobEnd {
  if (backend.jobEnd !== undefined) {
    return backend.jobEnd;
  }
  if (split.failed.length === 0) {
    return "SUCCESS";
  }
  return split.ran.length === 0 ? "FAIL" : "PART_SUCCESS";
}
