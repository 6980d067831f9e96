import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { columns } from "../../src/cli/columns.ts";
import type { SimulatorAdmin } from "../simulator/admin-client.ts";
import type { Summary } from "../simulator/summary.ts";

/** Something that was promised, what was counted, and whether it is so. */
export interface Proof {
  readonly promise: string;
  readonly counted: string;
  readonly holds: boolean;
}

const LIMIT = 20;

/** What the simulator counted: in a second as it is, and in the one that is judged. */
export interface Counted {
  readonly whole: Summary;
  readonly judged: Summary;
}

/**
 * Asks the simulator. Its clock stands still when its process does: calls that came apart then seem
 * to come together, so the second that is judged is shortened by the worst lateness that it
 * measured of itself, and by the tick of that measurement.
 */
export async function countedBy(admin: Pick<SimulatorAdmin, "summary">): Promise<Counted> {
  const whole = await admin.summary();
  const latenessMs = whole.worstTimerLatenessMs + whole.tickMs;
  const windowMs = Math.max(1, Math.floor(whole.windowMs - latenessMs));
  return { whole, judged: await admin.summary({ windowMs }) };
}

/**
 * The proofs, from what the simulator counted and from the two topics; the service is not asked.
 */
export function proofsOf(
  { whole: summary, judged }: Counted,
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
    ...judged.busiestWindows.map(({ accessKeyId, reruns }) => {
      const seen = summary.busiestWindows.find((one) => one.accessKeyId === accessKeyId);
      return {
        promise: `never more than ${LIMIT} calls in a second (key ${accessKeyId})`,
        counted: `${reruns} in the busiest ${judged.windowMs} ms, a second less the simulator's own lateness (${seen?.reruns ?? 0} in ${summary.windowMs} ms)`,
        holds: reruns <= LIMIT,
      };
    }),
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
