import { type RecordType, recordTypeOf } from "../avro/record-type.ts";
import type { RerunRequest as WireRequest } from "../avro/wire-types.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { Operation } from "../domain/operation.ts";
import type { RerunRequest } from "../domain/rerun-request.ts";
import type { RequestParser } from "./parse-request.ts";

/**
 * Keeps requests small while they wait: as Avro bytes in a string of one byte a character, a fifth
 * of what the object takes (docs/decisions/0006).
 */
export class RequestPacker {
  readonly #type: RecordType;
  readonly #parser: Pick<RequestParser, "parse">;

  /** `schemaText`: this version's own request schema. */
  constructor(schemaText: string, parser: Pick<RequestParser, "parse">) {
    this.#type = recordTypeOf(schemaText);
    this.#parser = parser;
  }

  pack(request: RerunRequest): string {
    return this.#type.encode(wireOf(request)).toString("latin1");
  }

  /** The request that was packed. Throws on anything else. */
  unpack(packed: string): RerunRequest {
    const value = this.#type.decode(Buffer.from(packed, "latin1"));
    const parsed = this.#parser.parse(this.#type.name, value);
    if (parsed.kind === "request") return parsed.request;
    throw new Error(`a packed request became ${parsed.kind}`);
  }
}

function wireOf(request: RerunRequest): WireRequest {
  return { ...request, operation: wireOperationOf(request.operation) };
}

function wireOperationOf(operation: Operation): WireRequest["operation"] {
  switch (operation.kind) {
    case "TencentRerunTaskInstances":
      return { "rerun.v1.TencentRerunTaskInstances": operation };
    case "TencentRerunScheduleInstances":
      return { "rerun.v1.TencentRerunScheduleInstances": operation };
    case "TencentRerunTriggerWorkflowRun":
      return { "rerun.v1.TencentRerunTriggerWorkflowRun": operation };
    case "DataWorksRerunTaskInstances": {
      const instanceIds = operation.instanceIds.map(BigInt);
      return { "rerun.v1.DataWorksRerunTaskInstances": { ...operation, instanceIds } };
    }
    case "DmsRerunTaskFlowInstance": {
      const { dagId, dagInstanceId, tenantId } = operation;
      return {
        "rerun.v1.DmsRerunTaskFlowInstance": {
          ...operation,
          dagId: BigInt(dagId),
          dagInstanceId: BigInt(dagInstanceId),
          tenantId: tenantId === null ? null : BigInt(tenantId),
        },
      };
    }
    default:
      return assertNever(operation);
  }
}
