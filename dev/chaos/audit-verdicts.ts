import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { BookedCall, Books, Violation } from "./books.ts";
import { grouped } from "./grouped.ts";
import { callNameOf, callsByName, historiesOf, type RequestHistory } from "./request-histories.ts";

/** Statuses that say of the whole request that nothing ran. */
const NOTHING_RAN: readonly string[] = ["FAILED", "REJECTED", "SUPPRESSED", "EXPIRED", "DRY_RUN"];

/**
 * Verdicts that contradict what the provider executed. `UNKNOWN` contradicts nothing.
 *
 * Of requests that ask for the very same call nobody can tell whose a call was: there the numbers
 * must fit.
 */
export function auditVerdicts(books: Books): readonly Violation[] {
  const calls = callsByName(books);
  const ended = historiesOf(books).filter(
    ({ finals, asked }) => finals.length > 0 && asked !== null,
  );
  const byName = grouped(ended, ({ asked }) => (asked === null ? "" : callNameOf(asked)));
  return [...byName].flatMap(([name, histories]) => {
    const made = calls.get(name) ?? [];
    const [only] = histories;
    if (only === undefined) return [];
    return histories.length === 1 ? liesAboutOne(only, made) : liesAboutMany(histories, made);
  });
}

function liesAboutOne(history: RequestHistory, calls: readonly BookedCall[]): readonly Violation[] {
  const ran = new Set(calls.flatMap(({ ranTargets }) => ranTargets));
  const targets = history.asked?.targets ?? [];
  return history.finals.slice(0, 1).flatMap((final) => {
    const contradictions = [
      ...final.targets.flatMap(({ target, status }) => {
        if (status === "SUCCEEDED" && !ran.has(target)) return [`${target} did not run`];
        if (status === "FAILED" && ran.has(target)) return [`${target} ran`];
        return [];
      }),
      ...(saysAllRan(final)
        ? targets.filter((one) => !ran.has(one)).map((one) => `${one} did not run`)
        : []),
      ...(saysNothingRan(final) ? [...ran].map((one) => `${one} ran`) : []),
    ];
    const distinct = [...new Set(contradictions)];
    if (distinct.length === 0) return [];
    return [lie(history, `${textOf(final)}, but ${distinct.join(", ")}`)];
  });
}

function liesAboutMany(
  histories: readonly RequestHistory[],
  calls: readonly BookedCall[],
): readonly Violation[] {
  const [first] = histories;
  const finals = histories.flatMap((history) => history.finals.slice(0, 1));
  const ran = calls.filter(({ ranTargets }) => ranTargets.length > 0).length;
  const succeeded = finals.filter(saysAllRan).length;
  const failed = finals.filter(saysNothingRan).length;
  if (first === undefined || (succeeded <= ran && failed <= finals.length - ran)) return [];
  const message = `of ${finals.length} requests for one call ${succeeded} succeeded and ${failed} did not, but it ran ${ran} times`;
  return [lie(first, message)];
}

function saysAllRan({ status }: RerunOutcome): boolean {
  return status === "SUCCEEDED";
}

function saysNothingRan({ status }: RerunOutcome): boolean {
  return NOTHING_RAN.includes(status);
}

function textOf({ status, reason, reconciled }: RerunOutcome): string {
  const code = reason === null ? "" : `/${reason.code}`;
  return `${status}${code}${reconciled ? " (reconciled)" : ""}`;
}

function lie({ mode, requestId }: RequestHistory, message: string): Violation {
  return { kind: "lie", mode, requestId, message };
}
