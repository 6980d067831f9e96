import { formatDuration } from "../../config/duration.ts";
import type { Suppression } from "../../domain/guard-limits.ts";

/**
 * Why a target may not be run again: its last rerun is not long enough ago. Null: it may. `reruns`:
 * the log times of its reruns, oldest first.
 */
export function coolingDown(
  coolDownMs: number,
  reruns: readonly number[],
  logTime: number,
): Suppression | null {
  const last = reruns.at(-1);
  if (last === undefined || last + coolDownMs <= logTime) return null;
  const [since, until] = [last, last + coolDownMs].map((at) => new Date(at).toISOString());
  const message = `Its rerun was called at ${since} and cools down for ${formatDuration(coolDownMs)}: ask again after ${until}, or with force.`;
  return { code: "COOLING_DOWN", message };
}
