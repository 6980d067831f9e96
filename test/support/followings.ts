import type { Following } from "../../src/domain/following.ts";
import { aTencentRerun } from "./a-received-request.ts";

/** A call of WeData that started `job-1` for target `a`, followed until the operation was taken. */
export function aFollowing(overrides: Partial<Following> = {}): Following {
  return {
    call: { claimId: "claim-1", operation: aTencentRerun(), targets: ["a"] },
    until: "submitted",
    job: { jobId: "job-1", scope: { projectId: "p1" } },
    before: null,
    calledAt: 1_700_000_001_500,
    ended: [],
    notes: {},
    ...overrides,
  };
}
