import { randomUUID } from "node:crypto";

import { rerunTargets } from "../rerun-targets.ts";
import { optionalTexts } from "../json-parameters.ts";
import { tencentAction } from "../tencent-action.ts";
import { instanceApiOpsRequest, instanceOpsDto, pair } from "./tencent-instance-ops-dto.ts";

const integer = { type: "integer" } as const;

/**
 * WeData RunRerunScheduleInstances, 2021-08-20: reruns instances and answers with one yes or no.
 *
 * Names and types: the API page and, for `MapParamList` and `AppParam`, the newer SDK. The page calls
 * everything optional; what is required here the SDK's model calls required (必填). The answer cannot
 * express that some instances ran and some did not: it is `Result: false` only when none of them ran.
 */
export const tencentRunRerunScheduleInstances = tencentAction({
  name: "RunRerunScheduleInstances",
  version: "2021-08-20",
  effect: "rerun",
  parameters: {
    Instances: { type: "objects", required: true, fields: instanceOpsDto },
    CheckFather: { type: "boolean", required: true },
    RerunType: { type: "string", required: true, oneOf: ["1", "2", "3"] },
    SkipEventListening: { type: "boolean", required: true },
    ProjectId: { type: "string", required: true },
    AsyncMode: { type: "boolean", required: true },
    DependentWay: { type: "string", oneOf: ["1", "2", "3"] },
    SonInstanceType: { type: "string", oneOf: ["1", "2", "3"] },
    SearchCondition: { type: "object", fields: instanceApiOpsRequest },
    ...optionalTexts("OptType", "OperatorName", "OperatorId", "ProjectIdent", "ProjectName"),
    PageIndex: integer,
    PageSize: integer,
    Count: integer,
    RequestBaseInfo: {
      type: "object",
      fields: {
        ...optionalTexts("ProjectId", "ProjectIdent", "ProjectName"),
        IsAdmin: { type: "boolean" },
      },
    },
    IsCount: { type: "boolean" },
    CheckParentType: { type: "string", oneOf: ["ALL", "MAKE_SCOPE", "NONE"] },
    SameSelfDependType: { type: "boolean" },
    ParallelNum: integer,
    SameSelfWorkflowDependType: { type: "boolean" },
    SelfWorkflowDependency: { type: "string", oneOf: ["yes", "no"] },
    DataTimeOrder: { type: "integer", min: 0, max: 2 },
    ...optionalTexts("ReDoParams", "AppParam"),
    MapParamList: { type: "objects", fields: pair },
  },
  targets: ({ Instances }) => Instances.map(keyOf),
  run: ({ Instances }, backend) => {
    const { ran, failed } = rerunTargets(Instances.map(keyOf), backend);
    const Result = ran.length > 0;
    const Data = {
      Result,
      // The cloud's own ids are published nowhere; this one is the simulator's.
      ErrorId: Result ? null : "RERUN_REFUSED",
      ErrorDesc: Result ? null : (failed[0]?.message ?? ""),
      AsyncActionId: Result ? randomUUID() : null,
    };
    return { kind: "done", body: { Data }, executed: Result, ranTargets: ran };
  },
});

function keyOf({ TaskId, CurRunDate }: { readonly TaskId: string; readonly CurRunDate: string }) {
  return `${TaskId}_${CurRunDate}`;
}
