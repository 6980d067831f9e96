import { formatDuration } from "../../config/duration.ts";
import type { TimedSuppression } from "./timed-suppression.ts";

/**
 * Why a target may not be run again: its last rerun is not long enough ago. Null: it may. `reruns`:
 * the log times of its reruns, oldest first.
 */
export function coolingDown(
  coolDownMs: number,
  reruns: readonly number[],
  logTime: number,
): TimedSuppression | null {
  const last = reruns.at(-1);
  if (last === undefined || last + coolDownMs <= logTime) return null;
  const until = last + coolDownMs;
  const [since, after] = [last, until].map((at) => new Date(at).toISOString());
  const message = `Its rerun was called at ${since} and cools down for ${formatDuration(coolDownMs)}: ask again after ${after}, or with force.`;
  return { code: "COOLING_DOWN", message, until };
}
