import { type Outcome, plainVerdict, NEVER_CALLED } from "../../src/domain/outcome.ts";

/** The final outcome of a request that was never called. */
export function anOutcome(overrides: Partial<Outcome> = {}): Outcome {
  return {
    ...plainVerdict("REJECTED", { code: "UNKNOWN_PROVIDER", message: "no such connection" }),
    ...NEVER_CALLED,
    echo: {
      requestId: "r-1",
      provider: "dw",
      operationName: "DataWorksRerunTaskInstances",
      requestedAt: 1,
      requestedBy: "test",
      correlationId: null,
      labels: { team: "a" },
      replayOf: null,
    },
    source: { topic: "rerun.requests", partition: 3, offset: 9007199254740993n },
    trace: null,
    receivedAt: 2,
    completedAt: 3,
    dispatcher: "pod-1 0.1.0",
    ...overrides,
  };
}
