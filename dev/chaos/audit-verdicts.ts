import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { Rules } from "./audit-calls.ts";
import type { BookedCall, Books, Violation } from "./books.ts";
import {
  callsByTarget,
  historiesOf,
  type RequestHistory,
  targetNamesOf,
} from "./request-histories.ts";

/** Statuses that say of the whole request that nothing ran. */
const NOTHING_RAN: readonly string[] = ["FAILED", "REJECTED", "SUPPRESSED", "EXPIRED", "DRY_RUN"];

/**
 * Verdicts that contradict what the provider executed. `UNKNOWN` contradicts nothing.
 *
 * Of requests that ask for one target nobody can tell whose a call was, and they may have shared one:
 * there somebody must have said that it ran if it did, and nobody if it did not.
 */
export function auditVerdicts(
  books: Books,
  { budget }: Pick<Rules, "budget">,
): readonly Violation[] {
  const calls = callsByTarget(books);
  const known = historiesOf(books).filter(({ asked }) => asked !== null);
  const byTarget = new Map<string, RequestHistory[]>();
  // Those that are not ended yet may have been called too.
  for (const history of known) {
    for (const name of namesOf(history)) {
      byTarget.set(name, [...(byTarget.get(name) ?? []), history]);
    }
  }
  const isAlone = (history: RequestHistory): boolean =>
    namesOf(history).every((name) => byTarget.get(name)?.length === 1);
  return [
    ...known.filter(isAlone).flatMap((history) => {
      return liesAboutOne(
        history,
        namesOf(history).flatMap((name) => calls.get(name) ?? []),
      );
    }),
    ...[...byTarget].flatMap(([name, histories]) =>
      histories.length === 1 ? [] : liesAboutMany(name, histories, calls.get(name) ?? []),
    ),
    ...[...byTarget].flatMap(([name, histories]) =>
      histories.length <= budget ? suppressedForNothing(name, histories) : [],
    ),
  ];
}

function namesOf({ asked }: RequestHistory): readonly string[] {
  return asked === null ? [] : targetNamesOf(asked);
}

function liesAboutOne(history: RequestHistory, calls: readonly BookedCall[]): readonly Violation[] {
  const ran = new Set(calls.flatMap(({ ranTargets }) => ranTargets));
  const targets = history.asked?.targets ?? [];
  return history.finals.slice(0, 1).flatMap((final) => {
    const contradictions = [
      ...final.targets.flatMap(({ target, status }) => {
        if (status === "SUCCEEDED" && !ran.has(target)) return [`${target} did not run`];
        if ((status === "FAILED" || status === "SUPPRESSED") && ran.has(target)) {
          return [`${target} ran`];
        }
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
  name: string,
  histories: readonly RequestHistory[],
  calls: readonly BookedCall[],
): readonly Violation[] {
  const [first] = histories;
  const target = targetIn(name);
  const finals = histories.flatMap((history) => history.finals.slice(0, 1));
  const ran = calls.filter(({ ranTargets }) => ranTargets.length > 0).length;
  const succeeding = finals.filter((final) => saysOf(final, target) === "ran");
  const succeeded = succeeding.length;
  const failed = finals.filter((final) => saysOf(final, target) === "did not run").length;
  // Who shared its call with nobody had a run of its own; the others had one together, or several.
  const alone = succeeding.filter(({ coalesced }) => coalesced === 1).length;
  const needed = alone + (alone < succeeded ? 1 : 0);
  // Every run was for at least one of them, and for nobody twice.
  const isTrue = ran >= needed && failed <= histories.length - ran;
  if (first === undefined || isTrue) return [];
  const message = `of ${finals.length} requests for ${target} ${succeeded} say that it ran and ${failed} that it did not, but it ran ${ran} times`;
  return [lie(first, message)];
}

/** The guards leave nothing out while fewer ask for the target than its budget allows. */
function suppressedForNothing(
  name: string,
  histories: readonly RequestHistory[],
): readonly Violation[] {
  const target = targetIn(name);
  return histories.flatMap((history) => {
    const told = history.finals[0]?.targets.find((one) => one.target === target);
    if (told?.status !== "SUPPRESSED") return [];
    const message = `${target} was left out (${told.message ?? ""}), and only ${histories.length} asked for it`;
    return [lie(history, message)];
  });
}

/** What a request's outcome says of one of its targets; null: it does not know. */
function saysOf(final: RerunOutcome, target: string): "ran" | "did not run" | null {
  const told = final.targets.find((one) => one.target === target)?.status;
  if (told === "FAILED" || told === "SUPPRESSED") return "did not run";
  if (told === "SUCCEEDED" || saysAllRan(final)) return "ran";
  return saysNothingRan(final) ? "did not run" : null;
}

/** The target in one of `targetNamesOf`. */
function targetIn(name: string): string {
  return name.split("\n").at(-1) ?? "";
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
