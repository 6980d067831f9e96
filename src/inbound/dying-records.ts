/** What waits outside of memory is read a last time so long before its record may be deleted. */
const DYING_WITHIN_MS = 600_000;

/**
 * Offsets below which the requests topic's retention is about to delete. `before` tells below which
 * all records are older than an instant.
 */
export async function dyingRecords(
  { retentionMs, epoch }: { readonly retentionMs: number; readonly epoch: number },
  before: (epochMs: number) => Promise<ReadonlyMap<number, bigint>>,
): Promise<ReadonlyMap<number, bigint>> {
  if (retentionMs === Infinity) return new Map();
  return before(epoch - retentionMs + Math.min(DYING_WITHIN_MS, retentionMs / 10));
}
