import type { CallEnd } from "../../src/domain/call-end.ts";
import type { Mark } from "../../src/domain/evidence.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import { type Finding, finding, type Verdict } from "./finding.ts";
import type { Pace } from "./pace.ts";
import { COUNTERS, standingOf, stateOf } from "./standing.ts";
import { risen, type Sighting, type WatchedRerun } from "./watch.ts";

/** What one rerun taught. Where it was not taken, only that. */
export function runFindings(
  kind: ProviderKind,
  watched: WatchedRerun,
  { callAgain, pace }: { readonly callAgain: boolean; readonly pace: Pace },
): readonly Finding[] {
  const taken = answerFinding(watched.end);
  if (watched.judged === null) return [taken];
  return [
    taken,
    traceFinding(watched, pace),
    ...(COUNTERS[kind].length === 0 ? [] : [counterFinding(kind, watched)]),
    evidenceFinding(watched),
    ...(callAgain ? [secondFinding(kind, watched)] : []),
    endFinding(kind, watched),
  ];
}

function answerFinding(end: CallEnd): Finding {
  const isTaken = end.kind === "accepted" && end.targets.every(isSuccess);
  const assumed = "a target whose run has ended is taken";
  return finding("rerun", assumed, isTaken ? "confirmed" : verdictOf(end), wordsOf(end));
}

/** A trace that comes later than the code waits for would have been told as "did not run". */
function traceFinding({ before, sightings, watchedMs }: WatchedRerun, pace: Pace): Finding {
  const check = "first trace of the run";
  const assumed = `within ${pace.absenceProvesAfterMs / 1000} s of the call`;
  const first = sightings.find(({ mark }) => !isSame(before, mark));
  if (first !== undefined) {
    const inTime = first.afterMs <= pace.absenceProvesAfterMs;
    const seen = `after at most ${seconds(first.afterMs)}`;
    return finding(check, assumed, inTime ? "confirmed" : "differs", seen);
  }
  const verdict = watchedMs > pace.absenceProvesAfterMs ? "differs" : "not seen";
  return finding(check, assumed, verdict, `none in ${seconds(watchedMs)}`);
}

function counterFinding(kind: ProviderKind, { before, sightings }: WatchedRerun): Finding {
  const check = "when the counter rises";
  const assumed = "before the run has ended; at its submission or at its start is taken alike";
  const rises = sightings.flatMap((one) => {
    const rise = risen(COUNTERS[kind], before, one.mark);
    return rise === null ? [] : [{ ...one, ...rise }];
  });
  const [first] = rises;
  if (first !== undefined) {
    const { counter, by, afterMs, mark } = first;
    const seen = `${counter} up by ${by} after at most ${seconds(afterMs)}, at ${stateOf(kind, mark)}${earlier(kind, before, sightings, first)}`;
    return finding(check, assumed, "confirmed", seen);
  }
  const ended = sightings.some(
    ({ mark }) => !isSame(before, mark) && standingOf(kind, mark) === "ended",
  );
  const seen = ended ? "the run ended and no counter rose" : "no counter rose";
  return finding(check, assumed, ended ? "differs" : "not seen", seen);
}

/** Whether anything else changed before the counter did. */
function earlier(
  kind: ProviderKind,
  before: Mark,
  sightings: readonly Sighting[],
  rise: Sighting,
): string {
  const trace = sightings.find(({ mark }) => !isSame(before, mark));
  if (trace === undefined || trace.afterMs >= rise.afterMs) return ", with the first trace";
  return `; the first trace was ${stateOf(kind, trace.mark)} after at most ${seconds(trace.afterMs)}`;
}

function evidenceFinding({ judged }: WatchedRerun): Finding {
  const check = "evidence of the run";
  const assumed = "readings before and after show that it ran";
  const verdict = judged?.finding === "ran" ? "confirmed" : "differs";
  return finding(check, assumed, verdict, `${String(judged?.finding)}: ${judged?.why ?? ""}`);
}

function secondFinding(kind: ProviderKind, { before, last, second }: WatchedRerun): Finding {
  const check = "rerun of a running instance";
  const assumed = "taken or refused, in words of the tables";
  if (second === null) return finding(check, assumed, "not seen", "the run was not seen to go on");
  const rise = risen(COUNTERS[kind], before, last);
  const count = rise === null ? "" : `; ${rise.counter} up by ${rise.by} in all`;
  const isClear = second.kind === "accepted" || second.kind === "refused";
  const verdict = isClear ? "confirmed" : verdictOf(second);
  return finding(check, assumed, verdict, `${wordsOf(second)}${count}`);
}

function endFinding(kind: ProviderKind, watched: WatchedRerun): Finding {
  const check = "end of the run";
  const assumed = "following the call comes to the end of its run";
  const { progress, before, last, watchedMs } = watched;
  if (progress?.kind === "ended") {
    const [end] = progress.targets;
    const seen = `${end?.status ?? "no end"} by ${progress.by} after ${seconds(watchedMs)}`;
    const isTold = end?.status === "SUCCEEDED" || end?.status === "FAILED";
    return finding(check, assumed, isTold ? "confirmed" : "differs", seen);
  }
  const told = progress?.kind === "open" ? progress.told : (progress?.message ?? "nothing read");
  const hasEnded = !isSame(before, last) && standingOf(kind, last) === "ended";
  const seen = `not in ${seconds(watchedMs)}: ${told}`;
  // Still running is no news; an end that everybody sees but the product is.
  return finding(check, assumed, hasEnded || isSame(before, last) ? "differs" : "not seen", seen);
}

function verdictOf(end: CallEnd): Verdict {
  return end.kind === "throttled" || end.kind === "unavailable" ? "not seen" : "differs";
}

function wordsOf(end: CallEnd): string {
  if (end.kind !== "accepted") return `${end.kind}: ${end.message}`;
  const failed = end.targets.find((one) => !isSuccess(one));
  if (failed !== undefined) return `${failed.status}: ${failed.message ?? "no reason told"}`;
  return end.asyncJobId === null ? "taken" : "taken, with a job";
}

function isSuccess({ status }: { readonly status: string }): boolean {
  return status === "SUCCEEDED";
}

function isSame(before: Mark, mark: Mark): boolean {
  const fields = new Set([...Object.keys(before), ...Object.keys(mark)]);
  return [...fields].every((field) => before[field] === mark[field]);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
