import { formatDuration } from "../../config/duration.ts";
import type { BudgetLimit } from "../../domain/guard-limits.ts";
import type { TimedSuppression } from "./timed-suppression.ts";

/**
 * Why a target may not be run again: it was as often as its budget allows within the budget's time.
 * Null: it may. `reruns`: the log times of its reruns, oldest first.
 */
export function overBudget(
  { reruns: most, perMs }: BudgetLimit,
  reruns: readonly number[],
  logTime: number,
): TimedSuppression | null {
  const counted = reruns.filter((at) => at + perMs > logTime);
  // Once this one does not count any more there is room for another.
  const inTheWay = counted[counted.length - most];
  if (inTheWay === undefined) return null;
  const until = inTheWay + perMs;
  const times = counted.length === 1 ? "once" : `${counted.length} times`;
  const message = `Its rerun was called ${times} within ${formatDuration(perMs)}, and its budget is ${most}: ask again after ${new Date(until).toISOString()}, or with force.`;
  return { code: "BUDGET_EXCEEDED", message, until };
}
