import type {
  DataTimeOrder,
  DownstreamScope,
  ExecuteType,
  ParentCheck,
  RerunScope,
  ScheduleDependency,
  TencentRerunScheduleInstances,
  TencentRerunTaskInstances,
  TencentRerunTriggerWorkflowRun,
} from "../domain/operation.ts";
import type { FieldReader } from "./field-reader.ts";
import type { StringPool } from "./string-pool.ts";

const RERUN_SCOPES = ["SELF", "CHILDREN", "SELF_AND_CHILDREN"] as const satisfies RerunScope[];
const PARENT_CHECKS = ["ALL", "MAKE_SCOPE", "NONE"] as const satisfies ParentCheck[];
const DOWNSTREAM_SCOPES = ["WORKFLOW", "PROJECT", "ALL"] as const satisfies DownstreamScope[];
const DEPENDENCIES = ["SELF", "TASK", "SELF_AND_TASK"] as const satisfies ScheduleDependency[];
const DATA_TIME_ORDERS = ["NORMAL", "ASCENDING", "DESCENDING"] as const satisfies DataTimeOrder[];
const EXECUTE_TYPES = ["ORDINARY", "ADVANCED"] as const satisfies ExecuteType[];

/** WeData RerunTaskInstancesAsync. */
export function readTaskInstances(
  fields: FieldReader,
  strings: StringPool,
): TencentRerunTaskInstances {
  return {
    kind: "TencentRerunTaskInstances",
    projectId: strings.intern(fields.id("projectId")),
    instanceKeys: fields.ids("instanceKeys"),
    rerunScope: fields.symbol("rerunScope", RERUN_SCOPES, "SELF"),
    parentCheck: fields.symbol("parentCheck", PARENT_CHECKS, "NONE"),
    downstreamScope: fields.symbol("downstreamScope", DOWNSTREAM_SCOPES, "WORKFLOW"),
    skipEventListening: fields.optionalFlag("skipEventListening"),
    parallelism: fields.optionalCount("parallelism"),
    selfWorkflowDependency: fields.optionalFlag("selfWorkflowDependency"),
    param: fields.optionalRecord("param", (param) => ({
      key: param.id("key"),
      value: param.text("value"),
    })),
  };
}

/** WeData RunRerunScheduleInstances. */
export function readScheduleInstances(
  fields: FieldReader,
  strings: StringPool,
): TencentRerunScheduleInstances {
  return {
    kind: "TencentRerunScheduleInstances",
    projectId: strings.intern(fields.id("projectId")),
    instances: fields.records("instances", (instance) => ({
      taskId: instance.id("taskId"),
      curRunDate: instance.id("curRunDate"),
    })),
    checkParents: fields.flag("checkParents", false),
    rerunScope: fields.symbol("rerunScope", RERUN_SCOPES, "SELF"),
    skipEventListening: fields.flag("skipEventListening", false),
    asyncMode: fields.flag("asyncMode", true),
    dependency: fields.optionalSymbol("dependency", DEPENDENCIES),
    downstreamScope: fields.optionalSymbol("downstreamScope", DOWNSTREAM_SCOPES),
    parentCheck: fields.optionalSymbol("parentCheck", PARENT_CHECKS),
    keepSelfDependency: fields.optionalFlag("keepSelfDependency"),
    keepSelfWorkflowDependency: fields.optionalFlag("keepSelfWorkflowDependency"),
    selfWorkflowDependency: fields.optionalFlag("selfWorkflowDependency"),
    parallelism: fields.optionalCount("parallelism"),
    dataTimeOrder: fields.optionalSymbol("dataTimeOrder", DATA_TIME_ORDERS),
    redoParams: fields.optionalText("redoParams"),
    additionalParameters: readJsonObject(fields, "additionalParameters"),
  };
}

/** WeData RerunTriggerWorkflowRunAsync. */
export function readTriggerWorkflowRun(
  fields: FieldReader,
  strings: StringPool,
): TencentRerunTriggerWorkflowRun {
  return {
    kind: "TencentRerunTriggerWorkflowRun",
    projectId: strings.intern(fields.id("projectId")),
    workflowId: fields.id("workflowId"),
    workflowExecutionId: fields.id("workflowExecutionId"),
    executeType: fields.symbol("executeType", EXECUTE_TYPES, "ORDINARY"),
    advancedParams: fields.records(
      "advancedParams",
      (param) => ({
        key: param.id("key"),
        value: param.text("value"),
        extProperties: param.optionalText("extProperties"),
      }),
      "may be absent",
    ),
    taskIds: fields.ids("taskIds", "may be absent"),
    schedulingResourceGroup: fields.optionalId("schedulingResourceGroup"),
    integrationResourceGroup: fields.optionalId("integrationResourceGroup"),
  };
}

/** Only checked, not kept parsed: it goes to the provider as it was written. */
function readJsonObject(fields: FieldReader, name: string): string | null {
  const text = fields.optionalText(name);
  if (text !== null && !isJsonObject(text)) fields.fault(name, "is not a JSON object");
  return text;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
