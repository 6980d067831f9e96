import type { Source } from "../../src/domain/rerun-request.ts";
import type { DecodedRequest } from "../../src/inbound/decode-request.ts";
import { aRequest } from "../support/a-received-request.ts";

/** The record name under which requests come. */
export const REQUEST_RECORD = "rerun.v1.RerunRequest";

/** The fields of a sound request as the decoder gives them, longs as bigints. */
export function aDecodedRequest(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    requestId: "req-1",
    provider: "dataworks-sh",
    operation: { "rerun.v1.DataWorksRerunTaskInstances": { instanceIds: [9007199254740993n] } },
    requestedAt: 1_700_000_000_000,
    requestedBy: "quality-gate",
    ...overrides,
  };
}

/** The fields of a sound operation of each kind, by record name. */
export const DECODED_OPERATIONS: Readonly<Record<string, Record<string, unknown>>> = {
  TencentRerunTaskInstances: { projectId: "p1", instanceKeys: ["t1_2026-01-01 00:00:00"] },
  TencentRerunScheduleInstances: {
    projectId: "p1",
    instances: [{ taskId: "t1", curRunDate: "2026-01-01 00:00:00" }],
  },
  TencentRerunTriggerWorkflowRun: {
    projectId: "p1",
    workflowId: "w1",
    workflowExecutionId: "x1",
  },
  DataWorksRerunTaskInstances: { instanceIds: [1n, 2n] },
  DmsRerunTaskFlowInstance: { dagId: 7n, dagInstanceId: 8n },
};

/** A decoded request for one operation, its fields overridden. */
export function aDecodedOperation(
  name: string,
  overrides: Record<string, unknown> = {},
): Record<string, unknown> {
  const fields = { ...DECODED_OPERATIONS[name], ...overrides };
  return aDecodedRequest({ operation: { [`rerun.v1.${name}`]: fields } });
}

/** The source of one record of partition 0. */
export function aSource(offset: bigint, partition = 0): Source {
  return { topic: "requests", partition, offset };
}

/** What the decoder makes of a well-formed request whose only end is `REJECTED`. */
export function aSenselessRequest(offset: bigint): DecodedRequest {
  return {
    ...{ kind: "senseless", request: aRequest(), source: aSource(offset) },
    ...{ reason: { code: "INVALID_REQUEST", message: "it names no targets" } },
    ...{ receivedAt: 1_700_000_001_000, trace: null },
  };
}
