import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { columns } from "../../src/cli/columns.ts";
import type { Summary } from "../simulator/summary.ts";

/** Something that was promised, what was counted, and whether it is so. */
export interface Proof {
  readonly promise: string;
  readonly counted: string;
  readonly holds: boolean;
}

const LIMIT = 20;

/**
 * The proofs, from what the simulator counted and from the two topics; the service is not asked.
 * The simulator's clock stands still when its process does: that much shorter is the second in
 * which it counts.
 */
export function proofsOf(
  summary: Summary,
  requestIds: readonly string[],
  finals: readonly RerunOutcome[],
): readonly Proof[] {
  const most = summary.targets.reduce((max, { arrived }) => Math.max(max, arrived), 0);
  const calls = summary.targets.reduce((sum, { arrived }) => sum + arrived, 0);
  const answered = new Set(finals.map(({ requestId }) => requestId));
  const without = requestIds.filter((id) => !answered.has(id));
  const failed = finals.filter(({ status }) => status !== "SUCCEEDED");
  return [
    {
      promise: "every target called once",
      counted: `${summary.targets.length} targets, ${calls} calls of targets, at most ${most} of one`,
      holds: summary.targets.every(({ arrived, executed }) => arrived === 1 && executed === 1),
    },
    ...summary.busiestWindows.map(({ cloud, reruns }) => ({
      promise: `never more than ${LIMIT} calls in a second (${cloud})`,
      counted: `${reruns} in the busiest ${summary.windowMs} ms`,
      holds: reruns <= LIMIT,
    })),
    {
      promise: "no request without outcome",
      counted: `${requestIds.length} requests, ${answered.size} with a final outcome, ${without.length} without`,
      holds: without.length === 0 && finals.length === requestIds.length,
    },
    {
      promise: "every request succeeded",
      counted: `${finals.length - failed.length} SUCCEEDED, ${failed.length} not`,
      holds: failed.length === 0,
    },
  ];
}

/** The proofs as a table. */
export function renderProofs(proofs: readonly Proof[]): string {
  const rows = proofs.map(({ promise, counted, holds }) => [
    holds ? "ok" : "BROKEN",
    promise,
    counted,
  ]);
  return `Counted by the provider simulator and read from the topics:\n${columns(rows)}`;
}
