import type { Change, Refusal } from "./change.ts";
import type { EntryClaim } from "./claim-entry.ts";
import type { Guards } from "./guards/guards.ts";
import type { HeldTargets } from "./held-targets.ts";
import type { AskedRequest, ClaimRecord } from "./journal-record.ts";

/** What one journal partition knows of the targets of its claims. */
export interface TargetBooks {
  readonly targets: HeldTargets;
  readonly guards: Guards;
}

/** Why the targets of a request are in the way of its claim; null: they are not. */
export function targetObjection(
  { targets, guards }: TargetBooks,
  record: ClaimRecord,
  asked: AskedRequest,
  logTime: number,
): Refusal | null {
  const { provider, claimId } = record;
  const { evidenceAt } = asked;
  for (const target of asked.targets) {
    const why = targets.objection(provider, target, { claimId, evidenceAt });
    if (why !== null) return why;
  }
  // Last: what another claim holds may still be given back, and then counts for no guard.
  return guards.claimObjection(record, asked, logTime);
}

/** The request is granted: from now on its claim holds its targets. */
export function takeTargets(
  { targets: held, guards }: TargetBooks,
  record: ClaimRecord,
  asked: AskedRequest,
  logTime: number,
): EntryClaim {
  const { provider, claimId, instance, callWithinMs, settleWithinMs } = record;
  const { targets, before } = asked;
  const granted = { logTime, callWithinMs };
  const rivals = targets.filter((one) => held.hasRival(provider, one, granted));
  for (const target of targets) held.hold(provider, target, claimId);
  guards.granted(record, asked, logTime);
  return { claimId, instance, settleWithinMs, targets, before, rivals, logTime };
}

/** How a request's claim ended, and when. */
export interface Leaving {
  /** Its call was made and did not surely fail. */
  readonly mayHaveRun: boolean;
  readonly position: bigint;
  readonly logTime: number;
}

/** A request of the claim holds its targets no more, by a record at `position` − 1. */
export function leaveTargets(
  { targets: held, guards }: TargetBooks,
  provider: string,
  claim: EntryClaim,
  at: Leaving,
): readonly Change[] {
  const { claimId, targets } = claim;
  guards.left(provider, claim, at.mayHaveRun);
  const freed = targets.filter((target) => held.free(provider, target, { claimId, ...at }));
  return freed.length === 0 ? [] : [{ kind: "freed", provider, targets: freed }];
}
