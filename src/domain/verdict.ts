import type { CallEnd, TargetEnd } from "./call-end.ts";
import type { TargetFinding } from "./evidence.ts";
import type { LeftOut } from "./guard-limits.ts";
import { without, withLeftOut } from "./left-out.ts";
import type { Following } from "./following.ts";
import { type OutcomeStatus, plainVerdict, type ReasonCode, type Verdict } from "./outcome.ts";
import { settle, type SettledBy } from "./settle.ts";

/** The ends of a call that end its request: all but those that lead to another try. */
export type DecidedEnd = Extract<CallEnd, { kind: "accepted" | "refused" | "uncertain" }>;

/** An end that surely did not execute. */
export type UnexecutedEnd = Exclude<CallEnd, DecidedEnd>;

/** What is told about a request whose call was refused as a whole. */
export function verdictOfRefusal(
  end: Extract<CallEnd, { kind: "refused" }>,
  targets: readonly string[],
): Verdict {
  const code = end.notPermitted ? "NOT_PERMITTED" : "REFUSED_BY_PROVIDER";
  const verdict = reasoned("REJECTED", code, end.message, allAs(targets, "FAILED"));
  return { ...verdict, ...traceOf(end) };
}

/** What is told about a request that the provider took and whose end is still to come. */
export function verdictOfTaken(end: DecidedEnd, { job }: Pick<Following, "job">): Verdict {
  const known = end.kind === "accepted" ? end.asyncJobId : null;
  return { ...plainVerdict("ACCEPTED"), ...traceOf(end), asyncJobId: job?.jobId ?? known };
}

/** What is told about a request once the ends of its targets are known. */
export function verdictOfTargets(
  end: DecidedEnd,
  targets: readonly TargetEnd[],
  by: SettledBy,
): Verdict {
  const { status, reason } = settle(targets, by);
  const asyncJobId = end.kind === "accepted" ? end.asyncJobId : null;
  const verdict = { ...plainVerdict(status, reason), ...traceOf(end), asyncJobId, targets };
  if (end.kind !== "uncertain" || reason === null) return verdict;
  const advice =
    reason.code === "CALL_UNCERTAIN"
      ? " It may have been executed: look at the provider before asking again."
      : "";
  const message = `The call ended without a clear answer (${end.message}).${advice} ${reason.message}`;
  return { ...verdict, reason: { code: reason.code, message } };
}

/** What is told about a request whose call was not followed to its end. */
export function verdictOfLost(
  end: DecidedEnd,
  targets: readonly TargetEnd[],
  message: string,
): Verdict {
  const asyncJobId = end.kind === "accepted" ? end.asyncJobId : null;
  return {
    ...reasoned("UNKNOWN", "TRACKING_TIMED_OUT", message, targets),
    ...traceOf(end),
    asyncJobId,
  };
}

/** How a call ended that surely did not execute, as far as that is known. */
type LastWords = Pick<UnexecutedEnd, "message" | "providerRequestId" | "providerErrorCode">;

/**
 * What is told about a request after its last attempt surely did not execute. `leftOut`: those of its
 * targets that were not in that call.
 */
export function verdictOfExhausted(
  last: LastWords,
  targets: readonly string[],
  attempts: number,
  leftOut: readonly LeftOut[] = [],
): Verdict {
  const { message: words, providerRequestId, providerErrorCode } = last;
  const called = without(targets, leftOut);
  const message = `Not one of ${attempts} calls was executed; the last: ${words}`;
  const verdict = reasoned("FAILED", "RETRIES_EXHAUSTED", message, allAs(called, "FAILED"));
  return withLeftOut({ ...verdict, providerRequestId, providerErrorCode }, leftOut);
}

/** The end of a target by what its readings showed; the message says what was seen. */
export function endOfFinding({ target, finding, why }: TargetFinding): TargetEnd {
  return { target, status: STATUS_OF_FINDING[finding], message: why };
}

const STATUS_OF_FINDING = {
  ran: "SUCCEEDED",
  "did-not-run": "FAILED",
  "cannot-tell": "UNKNOWN",
} as const;

function traceOf(end: CallEnd): Pick<Verdict, "providerRequestId" | "providerErrorCode"> {
  const { providerRequestId, providerErrorCode } = end;
  return { providerRequestId, providerErrorCode };
}

function reasoned(
  status: OutcomeStatus,
  code: ReasonCode,
  message: string,
  targets: readonly TargetEnd[],
): Verdict {
  return { ...plainVerdict(status, { code, message }), targets };
}

function allAs(targets: readonly string[], status: TargetEnd["status"]): readonly TargetEnd[] {
  return targets.map((target) => ({ target, status, message: null }));
}
