import { batchKeyOf, joined } from "../domain/batch.ts";
import type { Evidence } from "../domain/evidence.ts";
import type { Following } from "../domain/following.ts";

/** The same text for what several requests say of one call, as far as it is followed in one way. */
export function callNameOf({ call, job, until, calledAt }: Following): string {
  const { claimId, operation } = call;
  return JSON.stringify([claimId, job?.jobId ?? null, until, calledAt, batchKeyOf(operation)]);
}

/** What two requests say of one call, for the targets of both; for followings of one name. */
export function joinedFollowing(a: Following, b: Following): Following {
  const known = new Set(a.ended.map(({ target }) => target));
  return {
    ...a,
    call: {
      ...a.call,
      operation: joined([a.call.operation, b.call.operation]),
      targets: [...new Set([...a.call.targets, ...b.call.targets])],
    },
    before: bothOf(a.before, b.before),
    ended: [...a.ended, ...b.ended.filter(({ target }) => !known.has(target))],
    notes: { ...b.notes, ...a.notes },
  };
}

/** Whether all that the second asks about is being followed by the first. */
export function covers({ call }: Following, other: Following): boolean {
  const followed = new Set(call.targets);
  return other.call.targets.every((target) => followed.has(target));
}

function bothOf(a: Evidence | null, b: Evidence | null): Evidence | null {
  if (a === null || b === null) return a ?? b;
  const known = new Set(a.marks.map(({ target }) => target));
  return { marks: [...a.marks, ...b.marks.filter(({ target }) => !known.has(target))] };
}
