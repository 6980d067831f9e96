import { isRequestId, type ReceivedRequest } from "../src/domain/rerun-request.ts";
import { DATAWORKS } from "../dev/rig/service-config.ts";

/** Any number of different requests, with ids of the usual length. */
export function requestOf(number: number): ReceivedRequest {
  const requestId = `fast-01975f3e-7c1a-7000-8000-${String(number).padStart(12, "0")}`;
  if (!isRequestId(requestId)) throw new Error("that is no requestId");
  return {
    request: {
      requestId,
      provider: DATAWORKS,
      operation: {
        ...{ kind: "DataWorksRerunTaskInstances", instanceIds: [String(number)] },
        ...{ comment: null, useLatestConfig: null },
      },
      ...{ requestedAt: 1_764_000_000_000, requestedBy: "bench", reason: null },
      ...{ priority: "NORMAL", notBefore: null, notAfter: null, dryRun: false, force: false },
      ...{ replayOf: null, causedBy: null, correlationId: null, labels: { team: "payments" } },
    },
    source: { topic: "rerun.requests", partition: number % 8, offset: BigInt(number) },
    receivedAt: 1_764_000_000_000,
    trace: null,
  };
}
