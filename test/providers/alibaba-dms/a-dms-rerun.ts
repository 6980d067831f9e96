import type { DmsRerunTaskFlowInstance } from "../../../src/domain/operation.ts";
import type { RerunCall } from "../../../src/domain/provider.ts";

/** A rerun of DMS with nothing optional in it. */
export function aDmsRerun(
  overrides: Partial<DmsRerunTaskFlowInstance> = {},
): DmsRerunTaskFlowInstance {
  return {
    kind: "DmsRerunTaskFlowInstance",
    dagId: "7000",
    dagInstanceId: "47000",
    dagVersion: null,
    tenantId: null,
    ...overrides,
  };
}

/** A call of one rerun. */
export function aDmsCall(
  overrides: Partial<DmsRerunTaskFlowInstance> = {},
  claimId = "claim-1",
): RerunCall {
  const operation = aDmsRerun(overrides);
  return { claimId, operation, targets: [operation.dagInstanceId] };
}
