import type { CallEnd, TargetEnd } from "../../domain/call-end.ts";
import type {
  DataTimeOrder,
  DownstreamScope,
  RerunScope,
  ScheduleDependency,
  TencentRerunScheduleInstances,
} from "../../domain/operation.ts";
import { additionalParametersOf } from "./additional-parameters.ts";
import { dataOf, textOf, traceOf } from "./answer.ts";
import { RERUN_TYPES } from "./rerun-task-instances.ts";
import type { WedataAction } from "./sdk.ts";

const DEPENDENT_WAYS: Readonly<Record<ScheduleDependency, string>> = {
  SELF: "1",
  TASK: "2",
  SELF_AND_TASK: "3",
};

const SON_INSTANCE_TYPES: Readonly<Record<DownstreamScope, string>> = {
  WORKFLOW: "1",
  PROJECT: "2",
  ALL: "3",
};

const DATA_TIME_ORDERS: Readonly<Record<DataTimeOrder, number>> = {
  NORMAL: 0,
  ASCENDING: 1,
  DESCENDING: 2,
};

/**
 * The parameters that our record has fields for. They are never taken from the additional ones, not
 * even where the field is null: what was not asked for by its name is not sent under it.
 */
const NAMED: ReadonlySet<string> = new Set([
  ...["Instances", "CheckFather", "RerunType", "SkipEventListening", "ProjectId", "AsyncMode"],
  ...["DependentWay", "SonInstanceType", "CheckParentType", "SameSelfDependType"],
  ...["SameSelfWorkflowDependType", "SelfWorkflowDependency", "ParallelNum", "DataTimeOrder"],
  "ReDoParams",
]);

/**
 * RunRerunScheduleInstances, 2021-08-20; optional parameters are absent when not asked for. A text
 * instead: why its additional parameters cannot be sent.
 *
 * The page calls every parameter optional; Tencent's SDK says which are not.
 */
export function rerunScheduleInstances(
  operation: TencentRerunScheduleInstances,
): WedataAction | string {
  const additional = additionalParametersOf(operation.additionalParameters, NAMED);
  if (additional.kind === "unusable") return `additionalParameters: ${additional.why}`;
  const parameters = { ...additional.values, ...namedParametersOf(operation) };
  return { version: "2021-08-20", action: "RunRerunScheduleInstances", parameters };
}

function namedParametersOf(operation: TencentRerunScheduleInstances): object {
  const { dependency, downstreamScope, parentCheck, keepSelfDependency } = operation;
  const { keepSelfWorkflowDependency, selfWorkflowDependency } = operation;
  const { parallelism, dataTimeOrder, redoParams } = operation;
  return {
    Instances: instancesOf(operation),
    CheckFather: operation.checkParents,
    RerunType: RERUN_TYPES[operation.rerunScope],
    SkipEventListening: operation.skipEventListening,
    ProjectId: operation.projectId,
    AsyncMode: operation.asyncMode,
    ...(dependency === null ? {} : { DependentWay: DEPENDENT_WAYS[dependency] }),
    ...(downstreamScope === null ? {} : { SonInstanceType: SON_INSTANCE_TYPES[downstreamScope] }),
    ...(parentCheck === null ? {} : { CheckParentType: parentCheck }),
    ...(keepSelfDependency === null ? {} : { SameSelfDependType: keepSelfDependency }),
    ...(keepSelfWorkflowDependency === null
      ? {}
      : { SameSelfWorkflowDependType: keepSelfWorkflowDependency }),
    ...(selfWorkflowDependency === null
      ? {}
      : { SelfWorkflowDependency: selfWorkflowDependency ? "yes" : "no" }),
    ...(parallelism === null ? {} : { ParallelNum: parallelism }),
    ...(dataTimeOrder === null ? {} : { DataTimeOrder: DATA_TIME_ORDERS[dataTimeOrder] }),
    ...(redoParams === null ? {} : { ReDoParams: redoParams }),
  };
}

/** Each instance once: asked for twice is one rerun. */
function instancesOf({ instances }: TencentRerunScheduleInstances): readonly object[] {
  const byTarget = new Map(
    instances.map(({ taskId, curRunDate }) => [
      `${taskId}_${curRunDate}`,
      { TaskId: taskId, CurRunDate: curRunDate },
    ]),
  );
  return [...byTarget.values()];
}

/**
 * What the answer means: `Result` alone decides. True is final, because nothing can be read by the
 * id that may come along (no operation of this version takes an `AsyncActionId`). False is about the
 * whole batch: a single instance that is rerun alone failed; of several, or of one with its children,
 * nobody knows which, and readings must decide. So must they when the reason is trouble inside.
 * Without a `Result` it is open what happened.
 */
export function endOfBatch(
  answer: unknown,
  targets: readonly string[],
  rerunScope: RerunScope,
): CallEnd {
  const { Result, ErrorId, ErrorDesc, AsyncActionId } = dataOf(answer);
  const trace = traceOf(answer);
  if (typeof Result !== "boolean") {
    return { kind: "uncertain", message: "the answer tells no result", ...trace };
  }
  const ended = (status: TargetEnd["status"], message: string | null) =>
    targets.map((target) => ({ target, status, message }));
  const asyncJobId = textOf(AsyncActionId);
  const taken = { ...trace, kind: "accepted", job: null, asyncJobId } as const;
  if (Result) return { ...taken, targets: ended("SUCCEEDED", null) };
  const code = textOf(ErrorId);
  const told = [code, textOf(ErrorDesc)].filter((text) => text !== null).join(": ");
  const message = told === "" ? "the provider said no, without a reason" : told;
  const providerErrorCode = code;
  const isInside = code !== null && /^InternalError(\.|$)/.test(code);
  if (targets.length === 1 && rerunScope === "SELF" && !isInside) {
    return { ...taken, providerErrorCode, targets: ended("FAILED", message) };
  }
  const unclear = `the provider said no to the batch, not to what of it: ${message}`;
  return { ...taken, providerErrorCode, targets: ended("UNKNOWN", unclear) };
}
