import type { CallEnd, TargetEnd } from "./call-end.ts";
import { type OutcomeStatus, plainVerdict, type ReasonCode, type Verdict } from "./outcome.ts";
import { settle, type SettledBy } from "./settle.ts";

/** The ends of a call that end its request: all but those that lead to another try. */
export type DecidedEnd = Extract<CallEnd, { kind: "accepted" | "refused" | "uncertain" }>;

/** An end that surely did not execute. */
export type UnexecutedEnd = Exclude<CallEnd, DecidedEnd>;

/**
 * What is told about a request whose call was decided. A call that started an asynchronous job is
 * `ACCEPTED`, every other verdict is final.
 */
export function verdictOf(end: DecidedEnd, targets: readonly string[]): Verdict {
  switch (end.kind) {
    case "accepted":
      return end.job === null
        ? { ...traceOf(end), asyncJobId: null, ...verdictOfTargets(end.targets, "answer") }
        : { ...plainVerdict("ACCEPTED"), ...traceOf(end), asyncJobId: end.job.jobId };
    case "refused": {
      const code = end.notPermitted ? "NOT_PERMITTED" : "REFUSED_BY_PROVIDER";
      return {
        ...reasoned("REJECTED", code, end.message, allAs(targets, "FAILED")),
        ...traceOf(end),
      };
    }
    case "uncertain": {
      const message = `The call may have been executed, the provider did not say: look there before asking again. ${end.message}`;
      return {
        ...reasoned("UNKNOWN", "CALL_UNCERTAIN", message, allAs(targets, "UNKNOWN")),
        ...traceOf(end),
      };
    }
  }
}

/** What is told about a request after its last attempt surely did not execute. */
export function verdictOfExhausted(
  end: UnexecutedEnd,
  targets: readonly string[],
  attempts: number,
): Verdict {
  const message = `Not one of ${attempts} calls was executed; the last: ${end.message}`;
  return {
    ...reasoned("FAILED", "RETRIES_EXHAUSTED", message, allAs(targets, "FAILED")),
    ...traceOf(end),
  };
}

/** What is told about a request whose asynchronous job ended. `accepted` is its ACCEPTED verdict. */
export function verdictOfJob(accepted: Verdict, targets: readonly TargetEnd[]): Verdict {
  return { ...accepted, ...verdictOfTargets(targets, "job") };
}

/** What is told about a request whose asynchronous job was not followed to its end. */
export function verdictOfLostJob(
  accepted: Verdict,
  targets: readonly string[],
  message: string,
): Verdict {
  const {
    status,
    reason,
    targets: ends,
  } = reasoned("UNKNOWN", "TRACKING_TIMED_OUT", message, allAs(targets, "UNKNOWN"));
  return { ...accepted, status, reason, targets: ends };
}

function verdictOfTargets(
  targets: readonly TargetEnd[],
  by: SettledBy,
): Pick<Verdict, "status" | "reason" | "targets"> {
  return { ...settle(targets, by), targets };
}

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
