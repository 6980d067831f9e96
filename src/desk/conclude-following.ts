import type { TargetEnd } from "../domain/call-end.ts";
import type { Verdict } from "../domain/outcome.ts";
import type { Taken } from "../domain/taken.ts";
import { verdictOfLost, verdictOfTargets } from "../domain/verdict.ts";
import type { TrackEnd } from "../tracking/call-tracker.ts";

/** The final verdict about a followed call, and whether readings took part in it. */
export interface FollowedEnd {
  readonly verdict: Verdict;
  readonly reconciled: boolean;
}

/** What is told about a call that was followed, once that ended. */
export function concludeFollowing(
  { end, reconciled, evidence }: Taken,
  tracked: Exclude<TrackEnd, { kind: "handed-over" }>,
): FollowedEnd {
  if (tracked.kind === "lost") {
    return { verdict: verdictOfLost(end, tracked.targets, tracked.message), reconciled };
  }
  const targets = tracked.targets.map((one) => withEvidence(one, evidence));
  return {
    verdict: verdictOfTargets(end, targets, tracked.by),
    reconciled: reconciled || tracked.by === "evidence",
  };
}

/** What showed that the call ran stays in front of how the run ended. */
function withEvidence(end: TargetEnd, evidence: readonly TargetEnd[]): TargetEnd {
  const seen = evidence.find(({ target }) => target === end.target)?.message ?? null;
  const told = [seen, end.message].filter((text) => text !== null);
  return { ...end, message: told.length === 0 ? null : told.join("; ") };
}
