import type { TargetEnd } from "./domain/call-end.ts";
import type { TargetFinding } from "./domain/evidence.ts";
import type { Following, TrackUntil } from "./domain/following.ts";
import type { Verdict } from "./domain/outcome.ts";
import type { SettledBy } from "./domain/settle.ts";
import {
  type DecidedEnd,
  endOfFinding,
  verdictOfLost,
  verdictOfRefusal,
  verdictOfTaken,
  verdictOfTargets,
} from "./domain/verdict.ts";
import type { Judge } from "./judging/judge.ts";
import type { FinishedCall } from "./lanes/call-once.ts";
import type { CallTracker } from "./tracking/call-tracker.ts";

/** A call after which there is no other. */
export type DecidedCall = FinishedCall & { readonly end: DecidedEnd };

export interface ConclusionParts {
  readonly judge: Pick<Judge, "judge">;
  readonly tracker: Pick<CallTracker, "follow">;
  readonly until: TrackUntil;
  /**
   * Told before a call is followed: the provider took it and its end is still to come. Following
   * begins at once; a failure of this is heard at once.
   */
  readonly onTaken: (taken: {
    readonly verdict: Verdict;
    readonly following: Following;
    readonly reconciled: boolean;
  }) => Promise<void>;
}

/** The final verdict about a call's request. */
export interface Conclusion {
  readonly verdict: Verdict;
  /** At least one target was decided by reading the provider's state, not by its answer. */
  readonly reconciled: boolean;
}

/** The ends of a call's targets, as far as its answer and readings after it tell. */
interface Answered {
  readonly targets: readonly TargetEnd[];
  readonly by: SettledBy;
  readonly reconciled: boolean;
}

/**
 * Takes a decided call to its final verdict: what the answer left open is judged by the provider's
 * state, what the provider took is followed as far as `until` says.
 *
 * `calledAt` is the call's start in milliseconds since the epoch.
 */
export async function concludeCall(
  decided: DecidedCall,
  calledAt: number,
  parts: ConclusionParts,
): Promise<Conclusion> {
  const { call, before, end } = decided;
  const { until } = parts;
  if (end.kind === "refused") {
    return { verdict: verdictOfRefusal(end, call.targets), reconciled: false };
  }
  const begin = { call, until, before, calledAt, notes: {} };
  if (end.kind === "accepted" && end.job !== null) {
    return followed(end, { ...begin, job: end.job, ended: [] }, false, parts);
  }
  const { targets, by, reconciled } = await answered(decided, parts.judge);
  const running = targets.filter(({ status }) => status === "SUCCEEDED");
  if (until === "submitted" || running.length === 0) {
    return { verdict: verdictOfTargets(end, targets, by), reconciled };
  }
  const ended = targets.filter(({ status }) => status !== "SUCCEEDED");
  return followed(end, { ...begin, job: null, ended }, reconciled, parts, running);
}

async function answered(
  { call, before, end }: DecidedCall,
  judge: Pick<Judge, "judge">,
): Promise<Answered> {
  const told: readonly TargetEnd[] =
    end.kind === "accepted"
      ? end.targets
      : call.targets.map((target) => ({ target, status: "UNKNOWN", message: null }));
  const by: SettledBy = end.kind === "accepted" ? "answer" : "evidence";
  const open = told.filter(({ status }) => status === "UNKNOWN").map(({ target }) => target);
  if (open.length === 0) return { targets: told, by, reconciled: false };
  const findings = await judge.judge({ call, targets: open, before });
  const reconciled = findings.some(({ finding }) => finding !== "cannot-tell");
  return { targets: told.map((one) => judged(one, findings)), by, reconciled };
}

/** The answer's own words stay in front: they say why there was anything to judge. */
function judged(told: TargetEnd, findings: readonly TargetFinding[]): TargetEnd {
  const finding = findings.find(({ target }) => target === told.target);
  if (finding === undefined) return told;
  const end = endOfFinding(finding);
  const message = [told.message, end.message].filter((text) => text !== null).join("; ");
  return { ...end, message };
}

/** What showed that the call ran stays in front of how the run ended. */
function withEvidence(end: TargetEnd, evidence: readonly TargetEnd[]): TargetEnd {
  const seen = evidence.find(({ target }) => target === end.target)?.message ?? null;
  const told = [seen, end.message].filter((text) => text !== null);
  return { ...end, message: told.length === 0 ? null : told.join("; ") };
}

async function followed(
  end: DecidedEnd,
  following: Following,
  reconciled: boolean,
  { tracker, onTaken }: ConclusionParts,
  evidence: readonly TargetEnd[] = [],
): Promise<Conclusion> {
  const verdict = verdictOfTaken(end, following);
  const [tracked] = await Promise.all([
    tracker.follow(following),
    onTaken({ verdict, following, reconciled }),
  ]);
  if (tracked.kind === "lost") {
    return { verdict: verdictOfLost(end, tracked.targets, tracked.message), reconciled };
  }
  const targets = tracked.targets.map((one) => withEvidence(one, evidence));
  return {
    verdict: verdictOfTargets(end, targets, tracked.by),
    reconciled: reconciled || tracked.by === "evidence",
  };
}
