import type { DataWorksRerunTaskInstances, DmsRerunTaskFlowInstance } from "../domain/operation.ts";
import type { FieldReader } from "./field-reader.ts";

/** DataWorks RerunTaskInstances. */
export function readDataWorksRerun(fields: FieldReader): DataWorksRerunTaskInstances {
  return {
    kind: "DataWorksRerunTaskInstances",
    instanceIds: fields.longIds("instanceIds"),
    comment: fields.optionalText("comment"),
    useLatestConfig: fields.optionalFlag("useLatestConfig"),
  };
}

/** DMS ReRunTaskFlowInstance. */
export function readDmsRerun(fields: FieldReader): DmsRerunTaskFlowInstance {
  return {
    kind: "DmsRerunTaskFlowInstance",
    dagId: fields.longId("dagId"),
    dagInstanceId: fields.longId("dagInstanceId"),
    dagVersion: fields.optionalId("dagVersion"),
    tenantId: fields.optionalLongId("tenantId"),
  };
}
