import type {
  DataWorksRerunTaskInstances,
  TencentRerunTaskInstances,
} from "../../src/domain/operation.ts";
import type {
  ReceivedRequest,
  RequestId,
  RerunRequest,
  Source,
} from "../../src/domain/rerun-request.ts";

/** A sound request of DataWorks; `requestId` is text, the brand is the parser's to give. */
export function aRequest(
  overrides: Partial<Omit<RerunRequest, "requestId">> & { readonly requestId?: string } = {},
): RerunRequest {
  const { requestId = "req-1", ...rest } = overrides;
  return {
    requestId: requestId as RequestId, // a test's ids are sound
    provider: "dataworks-sh",
    operation: aDataWorksRerun(),
    requestedAt: 1_700_000_000_000,
    requestedBy: "quality-gate",
    reason: null,
    priority: "NORMAL",
    notBefore: null,
    notAfter: null,
    dryRun: false,
    force: false,
    replayOf: null,
    causedBy: null,
    correlationId: null,
    labels: {},
    ...rest,
  };
}

/** Where a record of the requests topic stands. */
export function aSource(offset: bigint | number, partition = 0): Source {
  return { topic: "rerun.requests", partition, offset: BigInt(offset) };
}

/** A request with its record; its requestId is unique per place unless given. */
export function aReceived(
  at: { readonly offset: number; readonly partition?: number },
  overrides: Parameters<typeof aRequest>[0] = {},
): ReceivedRequest {
  const { offset, partition = 0 } = at;
  return {
    request: aRequest({ requestId: `req-${partition}-${offset}`, ...overrides }),
    source: aSource(offset, partition),
    receivedAt: 1_700_000_001_000,
    trace: null,
  };
}

/** A rerun of DataWorks with nothing optional in it. */
export function aDataWorksRerun(
  overrides: Partial<DataWorksRerunTaskInstances> = {},
): DataWorksRerunTaskInstances {
  return {
    kind: "DataWorksRerunTaskInstances",
    instanceIds: ["1234"],
    comment: null,
    useLatestConfig: null,
    ...overrides,
  };
}

/** A rerun of WeData with nothing optional in it. */
export function aTencentRerun(
  overrides: Partial<TencentRerunTaskInstances> = {},
): TencentRerunTaskInstances {
  return {
    kind: "TencentRerunTaskInstances",
    projectId: "1460947878944567296",
    instanceKeys: ["20250714200130106_2025-10-01 00:00:00"],
    rerunScope: "SELF",
    parentCheck: "NONE",
    downstreamScope: "WORKFLOW",
    skipEventListening: null,
    parallelism: null,
    selfWorkflowDependency: null,
    param: null,
    ...overrides,
  };
}
