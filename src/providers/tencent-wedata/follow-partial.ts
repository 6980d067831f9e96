import type { TargetEnd } from "../../domain/call-end.ts";
import { ABSENCE_PROVES_AFTER_MS, type RunFinding } from "../../domain/evidence.ts";
import type { Following, Progress } from "../../domain/following.ts";
import type { JobReading } from "./async-job.ts";
import { runsItsTargets, runsTargetsAlone } from "./evidence.ts";
import { lookAtRun, type RunSight } from "./new-run.ts";
import type { ReadParts, WedataOperation } from "./reads.ts";
import { succeeded, taken } from "./taken.ts";

/** The note that keeps when the job was first seen to have ended, milliseconds since the epoch. */
const JOB_ENDED = "jobEndedMs";

const FINDINGS: Readonly<Record<RunSight["newRun"], RunFinding>> = {
  seen: "ran",
  absent: "did-not-run",
  unclear: "cannot-tell",
};

/**
 * Which targets a partly successful job ran: it only counts them, so they are read. Readings may lag
 * behind the job: what they leave open is read again until missing traces prove something.
 */
export async function followPartial(
  following: Following,
  job: JobReading,
  parts: ReadParts,
  nowMs: number,
): Promise<Progress> {
  const { operation } = parts;
  const { call, notes } = following;
  const partly = partlySucceeded(job);
  if (!runsItsTargets(operation)) {
    const ends = call.targets.map((target) => unknown(target, partly));
    return taken(following, operation, ends, "job");
  }
  const looks = await Promise.all(
    call.targets.map(async (target) => lookAtRun(following, target, parts)),
  );
  const unreadable = looks.flatMap((end) => (end.kind === "unreadable" ? [end] : []));
  const [first] = unreadable;
  if (first !== undefined && unreadable.length === looks.length) return first;
  const findings = looks.map((end) =>
    end.kind === "unreadable" ? "cannot-tell" : FINDINGS[end.value.newRun],
  );
  const fit = fitOf(findings, expectedRuns(job, operation, call.targets.length));
  const endedMs = Number(notes[JOB_ENDED] ?? nowMs);
  if (mayChange(findings, fit) && nowMs - endedMs < ABSENCE_PROVES_AFTER_MS) {
    const next = { ...following, notes: { ...notes, [JOB_ENDED]: String(endedMs) } };
    return { kind: "open", following: next, told: `${partly}; reading its targets for it` };
  }
  const ends = call.targets.map((target, index) =>
    endOf(target, findings[index] ?? "cannot-tell", fit, partly),
  );
  // Its children may have run without it: who asks again would run those twice.
  const withChildren = ends.map((end) =>
    end.status === "FAILED"
      ? unknown(end.target, `${end.message ?? partly}; its children were not looked at`)
      : end,
  );
  const told = runsTargetsAlone(operation) ? ends : withChildren;
  return taken(following, operation, told, "evidence");
}

/** How the runs that were seen go with the job's count of them. */
type Fit = "agrees" | "no count" | "too few ran" | "too many ran";

/** How many targets the job counts as run; null where its counters are not about the targets. */
function expectedRuns(job: JobReading, operation: WedataOperation, targets: number): number | null {
  const countsTargets =
    operation.kind !== "TencentRerunTriggerWorkflowRun" && operation.rerunScope === "SELF";
  return countsTargets && job.total === targets ? job.succeeded : null;
}

/** What cannot be told may be either: the count is contradicted only where neither would fit. */
function fitOf(findings: readonly RunFinding[], expected: number | null): Fit {
  if (expected === null) return "no count";
  const ran = findings.filter((finding) => finding === "ran").length;
  const open = findings.filter((finding) => finding === "cannot-tell").length;
  if (ran > expected) return "too many ran";
  return ran + open < expected ? "too few ran" : "agrees";
}

/** Whether later readings could tell more: a run that was seen stays seen. */
function mayChange(findings: readonly RunFinding[], fit: Fit): boolean {
  if (fit === "too many ran" || findings.every((finding) => finding === "ran")) return false;
  return fit !== "agrees" || findings.includes("cannot-tell");
}

/** Where the count is contradicted, nobody knows of which targets. */
function endOf(target: string, finding: RunFinding, fit: Fit, partly: string): TargetEnd {
  switch (finding) {
    case "ran":
      return fit === "too many ran"
        ? unknown(target, `${partly}; more targets than that have run since the call`)
        : succeeded(target);
    case "did-not-run":
      return fit === "too few ran"
        ? unknown(target, `${partly}; fewer targets than that show a new run`)
        : { target, status: "FAILED", message: `${partly}; it shows no new run` };
    case "cannot-tell":
      return unknown(target, partly);
  }
}

function unknown(target: string, message: string): TargetEnd {
  return { target, status: "UNKNOWN", message };
}

function partlySucceeded({ succeeded: some, total, error }: JobReading): string {
  const count = (value: number | null) => (value === null ? "an unknown number" : String(value));
  const told = `${count(some)} of ${count(total)} sub-processes succeeded, which ones is not told`;
  return error === null ? told : `${told}: ${error}`;
}
