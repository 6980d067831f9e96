import type { TargetEnd } from "../domain/call-end.ts";
import type { Evidence, RunFinding, TargetFinding } from "../domain/evidence.ts";
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
interface Examined {
  readonly targets: readonly TargetEnd[];
  readonly by: SettledBy;
  /** What readings showed of those that the answer had left open. */
  readonly findings: ReadonlyMap<string, RunFinding>;
}

/**
 * Takes a decided call to its final verdict, or to where it has to be followed: what the answer left
 * open is judged by the provider's state.
 */
export async function concludeCall(
  decided: DecidedCall,
  parts: ConclusionParts,
): Promise<Conclusion> {
  const conclude = await concludeShared(decided, parts);
  return conclude(decided.call.targets);
}

/**
 * The same for a call that several requests share: it is judged once, and what it came to is told for
 * each of them by its own targets alone.
 */
export async function concludeShared(
  decided: DecidedCall,
  { judge, until }: ConclusionParts,
): Promise<(targets: readonly string[]) => Conclusion> {
  const { end, calledAt } = decided;
  if (end.kind === "refused") {
    return (targets) => final(verdictOfRefusal(end, targets));
  }
  const begin = { until, calledAt, notes: {} };
  if (end.kind === "accepted" && end.job !== null) {
    const following = { ...begin, job: end.job, ended: [] };
    return () => taken({ end, following, reconciled: false, evidence: [] });
  }
  const examined = await examine(decided, judge);
  if (examined === null) return () => ({ kind: "unjudged" });
  return (targets) => conclusionOf(onlyOf(examined, targets), ownEnd(end, targets), begin);
}

function conclusionOf(
  { targets, by, findings }: Examined,
  end: DecidedEnd,
  begin: Pick<Taken["following"], "until" | "calledAt" | "notes">,
): Conclusion {
  const found = [...findings.values()];
  const reconciled = found.some((finding) => finding !== "cannot-tell");
  const running = targets.filter(({ status }) => status === "SUCCEEDED");
  if (begin.until === "submitted" || running.length === 0) {
    const isAbsent =
      found.length === targets.length && found.every((finding) => finding === "did-not-run");
    return { ...final(verdictOfTargets(end, targets, by)), reconciled, isAbsent };
  }
  const ended = targets.filter(({ status }) => status !== "SUCCEEDED");
  const following = { ...begin, job: null, ended };
  return taken({ end, following, reconciled, evidence: running });
}

function final(verdict: Verdict): Extract<Conclusion, { kind: "final" }> {
  return { kind: "final", verdict, reconciled: false, isAbsent: false };
}

function taken(what: Taken): Conclusion {
  return { kind: "taken", verdict: verdictOfTaken(what.end, what.following), taken: what };
}

async function examine(
  { call, before, rivals, end }: DecidedCall,
  judge: Pick<Judge, "judge">,
): Promise<Examined | null> {
  const told: readonly TargetEnd[] =
    end.kind === "accepted"
      ? end.targets
      : call.targets.map((target) => ({ target, status: "UNKNOWN", message: null }));
  const by: SettledBy = end.kind === "accepted" ? "answer" : "evidence";
  const open = told.filter(({ status }) => status === "UNKNOWN").map(({ target }) => target);
  if (open.length === 0) return { targets: told, by, findings: new Map() };
  const findings = await judge.judge({ call, targets: open, before, rivals });
  if (findings === null) return null;
  return {
    targets: told.map((one) => judged(one, findings)),
    by,
    findings: new Map(findings.map(({ target, finding }) => [target, finding])),
  };
}

/** What was examined, of these targets alone. */
function onlyOf({ targets, by, findings }: Examined, wanted: readonly string[]): Examined {
  const own = new Set(wanted);
  return {
    targets: inOrder(targets, wanted),
    by,
    findings: new Map([...findings].filter(([target]) => own.has(target))),
  };
}

/** An answer as it is about some of its targets. */
function ownEnd(end: DecidedEnd, wanted: readonly string[]): DecidedEnd {
  if (end.kind !== "accepted" || end.job !== null) return end;
  return { ...end, targets: inOrder(end.targets, wanted) };
}

/** The ends of the wanted ones, in the order in which they were asked for. */
function inOrder(ends: readonly TargetEnd[], wanted: readonly string[]): readonly TargetEnd[] {
  const byTarget = new Map(ends.map((end) => [end.target, end]));
  return wanted.flatMap((target) => byTarget.get(target) ?? []);
}

/** The answer's own words stay in front: they say why there was anything to judge. */
function judged(told: TargetEnd, findings: readonly TargetFinding[]): TargetEnd {
  const finding = findings.find(({ target }) => target === told.target);
  if (finding === undefined) return told;
  const end = endOfFinding(finding);
  const message = [told.message, end.message].filter((text) => text !== null).join("; ");
  return { ...end, message };
}
