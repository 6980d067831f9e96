import { type Mark, markOf } from "../../src/domain/evidence.ts";
import type { Connection } from "./connection.ts";
import type { OneTarget } from "./one-target.ts";

/**
 * Reads the target as the product reads it before a call; null when it cannot be read.
 *
 * Of instances of 2025-08-06 their rounds are read besides, which the product does only where the
 * counter of all runs does not tell.
 */
export async function sight(
  { provider, probe, turns }: Connection,
  { call, target }: OneTarget,
): Promise<Mark | null> {
  const mark = markOf(await provider.readBefore(call, turns), target);
  const { operation } = call;
  if (mark === null || probe.kind !== "tencent-wedata") return mark;
  if (operation.kind !== "TencentRerunTaskInstances") return mark;
  const newest = await probe.reads.newestRound(operation.projectId, target, turns);
  return newest.kind === "read" ? { ...mark, rounds: newest.value.number } : mark;
}
