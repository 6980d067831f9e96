import { narrowed } from "../domain/batch.ts";
import type { Evidence } from "../domain/evidence.ts";
import type { Operation } from "../domain/operation.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Claim, ClaimAsk, LaneJournal, NotGranted } from "../journal/journal.ts";
import type { CallParts } from "./call-parts.ts";
import type { Queued } from "./request-queue.ts";

/** One request of a call. */
export interface Member {
  readonly waiting: Queued;
  /** What was read of its targets. */
  readonly before: Evidence | null;
  /** The journal position before that reading began. */
  readonly evidenceAt: bigint | null;
}

/** One request of a call, and what of it is called: all that the guards allow. */
export interface GrantedMember extends Member {
  readonly operation: Operation;
  /** Its targets. */
  readonly targets: readonly string[];
}

/** Which requests may be called together now, and which may not. */
export interface ClaimedBatch {
  readonly claim: Claim;
  /** To be called, every one of them and nobody else. */
  readonly granted: readonly GrantedMember[];
  /** Granted, and all their calls were made meanwhile, by others. */
  readonly spent: readonly Queued[];
  readonly refused: readonly { readonly waiting: Queued; readonly why: NotGranted }[];
}

/**
 * Asks for the right to call for all of these together. What is granted is the caller's to release
 * or to bring to its end.
 *
 * Rejects only on a bug, or when the process is told to end at once.
 */
export async function claimBatch(
  provider: string,
  members: readonly Member[],
  { journal, clock, claimTerms, meter, retry }: CallParts,
): Promise<ClaimedBatch> {
  const asked = clock.now();
  const asks = members.map((member) => ({ member, ask: askOf(member, journal) }));
  const { claim, granted, refused } = await journal.claim(
    provider,
    asks.map(({ ask }) => ask),
    claimTerms,
  );
  const triesOf = ({ waiting }: Member) => granted.get(waiting.received.request.requestId);
  const batch = {
    claim,
    granted: [] as GrantedMember[],
    spent: [] as Queued[],
    refused: [] as { waiting: Queued; why: NotGranted }[],
  };
  for (const { member, ask } of asks) {
    const { waiting } = member;
    const tries = triesOf(member);
    if (tries === undefined) {
      const why = refused.get(waiting.received.request.requestId) ?? "lapsed";
      batch.refused.push({ waiting, why });
      continue;
    }
    // Others may have called it since it was put in the queue.
    waiting.attempts = tries;
    if (tries >= retry.maxAttempts) batch.spent.push(waiting);
    else batch.granted.push({ ...member, operation: calledOf(ask), targets: ask.targets });
  }
  const results = new Set(batch.refused.map(({ why }): "granted" | NotGranted => why));
  if (granted.size > 0) results.add("granted");
  for (const result of results) meter.claimed(result, clock.now() - asked);
  return batch;
}

function askOf(
  { waiting: { received }, before, evidenceAt }: Member,
  journal: Pick<LaneJournal, "forbidden">,
): ClaimAsk {
  const all = targetsOf(received.request.operation);
  const leftOut = journal.forbidden(received.request);
  if (leftOut.length === 0) return { received, targets: all, before, evidenceAt };
  const forbidden = new Set(leftOut.map(({ target }) => target));
  const targets = all.filter((target) => !forbidden.has(target));
  return { received, targets, leftOut, before, evidenceAt };
}

/** What of the request is called. */
function calledOf({ received, targets, leftOut }: ClaimAsk): Operation {
  const { operation } = received.request;
  return leftOut === undefined ? operation : narrowed(operation, targets);
}
