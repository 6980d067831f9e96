import type { CallEnd } from "../../src/domain/call-end.ts";

const trace = { providerRequestId: "call-1", providerErrorCode: null };

/** A call's end of each kind; what tests do not look at is filled in. */
export const anEnd = {
  accepted: (...targets: readonly string[]): CallEnd => ({
    kind: "accepted",
    job: null,
    asyncJobId: null,
    targets: targets.map((target) => ({ target, status: "SUCCEEDED", message: null })),
    ...trace,
  }),
  started: (jobId: string): CallEnd => ({
    kind: "accepted",
    job: { jobId, scope: { projectId: "p1" } },
    asyncJobId: jobId,
    targets: [],
    ...trace,
  }),
  refused: (notPermitted = false): CallEnd => ({
    ...{ kind: "refused", notPermitted, message: "no such instance" },
    ...trace,
  }),
  throttled: (retryAfterMs: number | null = null): CallEnd => ({
    ...{ kind: "throttled", retryAfterMs, message: "too fast" },
    ...trace,
  }),
  unavailable: (): CallEnd => ({ kind: "unavailable", message: "nothing was sent", ...trace }),
  quota: (): CallEnd => ({ kind: "quota", message: "used up", ...trace }),
  credentials: (): CallEnd => ({ kind: "credentials", message: "who are you", ...trace }),
  uncertain: (): CallEnd => ({ kind: "uncertain", message: "no answer", ...trace }),
} as const;
