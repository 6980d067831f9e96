import type { CallEnd, CallEndKind, TargetEnd } from "../../src/domain/call-end.ts";
import type { RunFinding, TargetFinding } from "../../src/domain/evidence.ts";

/** What an adapter told about one call. */
export interface Told {
  readonly end: CallEnd;
  /** How following ended; null when the call was not followed. */
  readonly followed: FollowStanding | null;
  /** The ends of the targets, by the answer or by following. */
  readonly targets: readonly TargetEnd[];
  /** What readings showed; empty when nothing was judged. */
  readonly findings: readonly TargetFinding[];
}

/** `open`: still so after the last round; `unreadable`: no round could be read. */
export type FollowStanding = "ended" | "open" | "unreadable";

/** What the simulator knows about the call. */
export interface Truth {
  /** Requests of the call that arrived. */
  readonly arrived: number;
  /** Whether it took effect: a job opened, an instance rerun. */
  readonly executed: boolean;
  /** The targets that run again because of it. */
  readonly ran: readonly string[];
  /** Those of them whose new run did not end well, where runs are followed to their ends. */
  readonly ranBadly: readonly string[];
  /** Targets that somebody else ran again meanwhile. */
  readonly ranByOthers: readonly string[];
}

/**
 * The most that the provider's conduct allows anybody to know, who sees only the wire. Less is never
 * a lie: `uncertain`, `UNKNOWN` and `cannot-tell` are always honest, and vague where more was told.
 */
export interface Knowable {
  readonly end: CallEndKind;
  readonly followed?: FollowStanding;
  /** In the order of the targets; not compared when left out. */
  readonly targets?: readonly TargetEnd["status"][];
  /** Of every target. */
  readonly finding?: RunFinding;
}

export interface Judgement {
  /** `VAGUE`: honest, but less than the provider told. */
  readonly verdict: "ok" | "LIE" | "VAGUE";
  /** What is wrong; empty when it is ok. */
  readonly why: readonly string[];
}

/** Ends that claim that the call surely did not run. */
const SURELY_NOT_RUN: ReadonlySet<CallEndKind> = new Set([
  "refused",
  "throttled",
  "unavailable",
  "quota",
  "credentials",
]);

/** Holds what an adapter told against what happened and what could be known of it. */
export function judgementOf(told: Told, truth: Truth, knowable: Knowable): Judgement {
  const lies = [
    ...liesOfEnd(told, truth, knowable),
    ...told.targets.flatMap((end) => liesOfTarget(end, truth)),
    ...told.findings.flatMap((finding) => liesOfFinding(finding, truth, knowable)),
  ];
  if (lies.length > 0) return { verdict: "LIE", why: lies };
  const vague = vaguenessOf(told, knowable);
  return { verdict: vague.length > 0 ? "VAGUE" : "ok", why: vague };
}

function liesOfEnd({ end, targets }: Told, truth: Truth, knowable: Knowable): readonly string[] {
  const kind = claimOf(end);
  const lies: string[] = [];
  if (truth.arrived > 1) lies.push(`the call arrived ${truth.arrived} times`);
  if (kind === "unavailable" && truth.arrived > 0) {
    lies.push("unavailable says that nothing was written, but the call arrived");
  }
  if (SURELY_NOT_RUN.has(kind) && truth.executed) {
    lies.push(`${kind} says that it did not run, but it was executed`);
  }
  if (kind === "accepted" && !truth.executed && !targets.some(isFailed)) {
    lies.push("accepted says that it was taken, but it was not executed");
  }
  if (kind !== "uncertain" && kind !== knowable.end) {
    lies.push(`${kind} is more than could be known: ${knowable.end}`);
  }
  return lies;
}

/** Taken without a word about any target is no claim at all. */
function claimOf(end: CallEnd): CallEndKind {
  if (end.kind !== "accepted" || end.job !== null) return end.kind;
  return end.targets.every(({ status }) => status === "UNKNOWN") ? "uncertain" : "accepted";
}

/** Followed to the end of its run, a target may fail that ran. */
function liesOfTarget({ target, status }: TargetEnd, truth: Truth): readonly string[] {
  const ran = truth.ran.includes(target);
  const ranWell = ran && !truth.ranBadly.includes(target);
  if (status === "SUCCEEDED" && !ranWell) {
    return [`${target} is told as succeeded, but it ${ran ? "ended badly" : "did not run"}`];
  }
  if (status === "FAILED" && ranWell) return [`${target} is told as failed, but it ran`];
  return [];
}

function liesOfFinding(
  { target, finding }: TargetFinding,
  truth: Truth,
  knowable: Knowable,
): readonly string[] {
  const ran = truth.ran.includes(target);
  // No provider's reading tells for sure whose rerun it shows.
  if (finding === "ran" && !ran && !truth.ranByOthers.includes(target)) {
    return [`${target} is judged to have run, but it did not`];
  }
  if (finding === "did-not-run" && ran) {
    return [`${target} is judged not to have run, but it did`];
  }
  if (finding === "did-not-run" && knowable.finding !== "did-not-run") {
    return [`${target} is judged not to have run, which could not be known`];
  }
  return [];
}

function vaguenessOf(told: Told, knowable: Knowable): readonly string[] {
  const vague: string[] = [];
  const kind = claimOf(told.end);
  if (kind !== knowable.end) vague.push(`${kind}, though ${knowable.end} could be known`);
  const followed = knowable.followed ?? "ended";
  if (told.followed !== null && told.followed !== followed) {
    vague.push(`followed it is ${told.followed}, though it could be ${followed}`);
  }
  const statuses = told.targets.map(({ status }) => status).join(" ");
  if (knowable.targets !== undefined && statuses !== knowable.targets.join(" ")) {
    vague.push(`its targets are ${statuses || "untold"}, though ${knowable.targets.join(" ")}`);
  }
  for (const { target, finding } of told.findings) {
    if (knowable.finding !== undefined && finding !== knowable.finding) {
      vague.push(`${target} is judged ${finding}, though ${knowable.finding} could be known`);
    }
  }
  return vague;
}

function isFailed({ status }: TargetEnd): boolean {
  return status === "FAILED";
}
