import type { TargetEnd } from "../domain/call-end.ts";
import type { Evidence, TargetFinding } from "../domain/evidence.ts";
import type { TrackUntil } from "../domain/following.ts";
import type { Verdict } from "../domain/outcome.ts";
import type { RerunCall } from "../domain/rerun-call.ts";
import type { SettledBy } from "../domain/settle.ts";
import type { Taken } from "../domain/taken.ts";
import {
  type DecidedEnd,
  endOfFinding,
  verdictOfRefusal,
  verdictOfTaken,
  verdictOfTargets,
} from "../domain/verdict.ts";
import type { Judge } from "../judging/judge.ts";

/** A call after which there is no other, unless evidence shows that it did not run. */
export interface DecidedCall {
  readonly call: RerunCall;
  /** What was read of its targets before it; null: nothing. */
  readonly before: Evidence | null;
  /** The targets at which a run may show that is an earlier call's. */
  readonly rivals: readonly string[];
  readonly end: DecidedEnd;
  /** The call's start, milliseconds since the epoch. */
  readonly calledAt: number;
}

export interface ConclusionParts {
  readonly judge: Pick<Judge, "judge">;
  readonly until: TrackUntil;
}

/** What is known of a call once its answer is read and what that left open is judged. */
export type Conclusion =
  | {
      readonly kind: "final";
      readonly verdict: Verdict;
      /** At least one target was decided by reading the provider's state, not by its answer. */
      readonly reconciled: boolean;
      /** Readings showed of every target that the call did not run. */
      readonly isAbsent: boolean;
    }
  /** The provider took it and its end is still to come. */
  | { readonly kind: "taken"; readonly verdict: Verdict; readonly taken: Taken }
  /** The dispatcher stopped before it could be judged. */
  | { readonly kind: "unjudged" };

/** The ends of a call's targets, as far as its answer and readings after it tell. */
interface Answered {
  readonly targets: readonly TargetEnd[];
  readonly by: SettledBy;
  readonly reconciled: boolean;
  readonly isAbsent: boolean;
}

/**
 * Takes a decided call to its final verdict, or to where it has to be followed: what the answer left
 * open is judged by the provider's state.
 */
export async function concludeCall(
  decided: DecidedCall,
  { judge, until }: ConclusionParts,
): Promise<Conclusion> {
  const { call, end, calledAt } = decided;
  if (end.kind === "refused") {
    const verdict = verdictOfRefusal(end, call.targets);
    return { kind: "final", verdict, reconciled: false, isAbsent: false };
  }
  const begin = { until, calledAt, notes: {} };
  if (end.kind === "accepted" && end.job !== null) {
    const following = { ...begin, job: end.job, ended: [] };
    return taken({ end, following, reconciled: false, evidence: [] });
  }
  const answer = await answered(decided, judge);
  if (answer === null) return { kind: "unjudged" };
  const { targets, by, reconciled, isAbsent } = answer;
  const running = targets.filter(({ status }) => status === "SUCCEEDED");
  if (until === "submitted" || running.length === 0) {
    const verdict = verdictOfTargets(end, targets, by);
    return { kind: "final", verdict, reconciled, isAbsent };
  }
  const ended = targets.filter(({ status }) => status !== "SUCCEEDED");
  const following = { ...begin, job: null, ended };
  return taken({ end, following, reconciled, evidence: running });
}

function taken(what: Taken): Conclusion {
  return { kind: "taken", verdict: verdictOfTaken(what.end, what.following), taken: what };
}

async function answered(
  { call, before, rivals, end }: DecidedCall,
  judge: Pick<Judge, "judge">,
): Promise<Answered | null> {
  const told: readonly TargetEnd[] =
    end.kind === "accepted"
      ? end.targets
      : call.targets.map((target) => ({ target, status: "UNKNOWN", message: null }));
  const by: SettledBy = end.kind === "accepted" ? "answer" : "evidence";
  const open = told.filter(({ status }) => status === "UNKNOWN").map(({ target }) => target);
  if (open.length === 0) return { targets: told, by, reconciled: false, isAbsent: false };
  const findings = await judge.judge({ call, targets: open, before, rivals });
  if (findings === null) return null;
  const reconciled = findings.some(({ finding }) => finding !== "cannot-tell");
  const isAbsent =
    open.length === told.length && findings.every(({ finding }) => finding === "did-not-run");
  return { targets: told.map((one) => judged(one, findings)), by, reconciled, isAbsent };
}

/** The answer's own words stay in front: they say why there was anything to judge. */
function judged(told: TargetEnd, findings: readonly TargetFinding[]): TargetEnd {
  const finding = findings.find(({ target }) => target === told.target);
  if (finding === undefined) return told;
  const end = endOfFinding(finding);
  const message = [told.message, end.message].filter((text) => text !== null).join("; ");
  return { ...end, message };
}
