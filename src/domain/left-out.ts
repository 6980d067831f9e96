import type { LeftOut } from "./guard-limits.ts";
import { plainVerdict, type Reason, type TargetOutcome, type Verdict } from "./outcome.ts";

/** What is told about a request all of whose targets the guards forbid. */
export function verdictOfSuppressed(leftOut: readonly LeftOut[]): Verdict {
  const [first] = leftOut;
  if (first === undefined) throw new Error("nothing of the request is forbidden");
  const reason = { code: first.code, message: `Nothing was called. ${wordsOf(leftOut)}` };
  return { ...plainVerdict("SUPPRESSED", reason), targets: leftOut.map(outcomeOf) };
}

/**
 * The verdict about a request that was called without some of its targets: they are told beside the
 * others. A call whose every target succeeded is a part of what was asked for.
 */
export function withLeftOut(verdict: Verdict, leftOut: readonly LeftOut[]): Verdict {
  // Before anything was decided no target is told.
  if (leftOut.length === 0 || verdict.targets.length === 0) return verdict;
  const targets = [...verdict.targets, ...leftOut.map(outcomeOf)];
  const words = `${leftOut.length} of ${targets.length} targets were left out of the call. ${wordsOf(leftOut)}`;
  if (verdict.status === "SUCCEEDED") {
    const reason: Reason = { code: "TARGETS_SUPPRESSED", message: words };
    return { ...verdict, status: "PARTIALLY_SUCCEEDED", reason, targets };
  }
  const { reason } = verdict;
  const told = reason && { ...reason, message: `${reason.message} ${words}` };
  return { ...verdict, reason: told, targets };
}

/** Those of the targets that are not left out. */
export function without(
  targets: readonly string[],
  leftOut: readonly LeftOut[],
): readonly string[] {
  const names = new Set(leftOut.map(({ target }) => target));
  return targets.filter((target) => !names.has(target));
}

function outcomeOf({ target, message }: LeftOut): TargetOutcome {
  return { target, status: "SUPPRESSED", message };
}

/** The first one's words; the others' stand at their targets. */
function wordsOf([first]: readonly LeftOut[]): string {
  return first === undefined ? "" : `${first.target}: ${first.message}`;
}
