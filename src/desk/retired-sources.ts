import type { Entry } from "../journal/claim-entry.ts";
import type { JournalReplica } from "../journal/journal-replica.ts";
import type { RequestDesk } from "./request-desk.ts";

export interface RetiringParts {
  readonly desk: Pick<RequestDesk, "hasRecordOf" | "retire">;
  /** Whether a partition of the requests topic is this process's. */
  readonly owns: (partition: number) => boolean;
}

/**
 * Ends the requests that may be called again and whose records were deleted by the topic's
 * retention: nobody will ever have them again. `ranges`: where the partitions of the requests topic
 * begin.
 */
export function retireLostSources(
  replica: Pick<JournalReplica, "partitions">,
  ranges: ReadonlyMap<number, { readonly low: bigint }>,
  { desk, owns }: RetiringParts,
): void {
  const isLost = ({ phase, request }: Entry): boolean => {
    const { partition, offset } = request.source;
    return phase === "free" && owns(partition) && offset < (ranges.get(partition)?.low ?? 0n);
  };
  for (const state of replica.partitions) {
    for (const entry of [...state.entries]) {
      if (isLost(entry) && !desk.hasRecordOf(entry)) desk.retire(entry);
    }
  }
}
