import type { RerunOutcome } from "../avro/wire-types.ts";
import { isFinal } from "../domain/outcome.ts";
import type { KafkaRecord } from "../kafka/record.ts";

/** What makes a request: ids are only unique within their connection. */
interface RequestRef {
  readonly provider: string;
  readonly requestId: string;
}

export interface AwaitOptions {
  readonly requests: readonly RequestRef[];
  /** Follows the outcomes topic from before the requests were sent, until the signal aborts. */
  readonly follow: (
    onRecord: (record: KafkaRecord) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly read: (record: KafkaRecord) => Promise<RerunOutcome | null>;
  /** Called with every final outcome of the requests, as it comes. */
  readonly onOutcome: (outcome: RerunOutcome) => void;
  /** Ends the waiting: the timeout, or somebody who has seen enough. */
  readonly signal: AbortSignal;
}

/** How the requests ended, as far as it was seen. */
export interface AwaitedOutcomes {
  readonly failed: number;
  /** The ids of the requests without a final outcome. */
  readonly missing: readonly string[];
}

/** Waits for the final outcomes of requests, or for the signal. */
export async function awaitOutcomes(options: AwaitOptions): Promise<AwaitedOutcomes> {
  const { requests, follow, read, onOutcome, signal } = options;
  const open = new Map(requests.map((request) => [refOf(request), request.requestId]));
  const complete = new AbortController();
  let failed = 0;
  await follow(
    async (record) => {
      const outcome = await read(record);
      if (outcome === null || !isFinal(outcome.status) || !open.delete(refOf(outcome))) return;
      if (outcome.status !== "SUCCEEDED" && outcome.status !== "DRY_RUN") failed += 1;
      onOutcome(outcome);
      if (open.size === 0) complete.abort();
    },
    AbortSignal.any([signal, complete.signal]),
  );
  return { failed, missing: [...open.values()] };
}

function refOf({ provider, requestId }: RequestRef): string {
  return JSON.stringify([provider, requestId]);
}
