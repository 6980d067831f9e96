import {
  ABSENCE_PROVES_AFTER_MS,
  type Doubt,
  type Evidence,
  type Mark,
  markOf,
  type TargetFinding,
  type TargetMark,
} from "../../domain/evidence.ts";
import type { ReadEnd } from "../../domain/provider.ts";
import type { ReadParts, WedataOperation } from "./reads.ts";
import { changeBetween, type RunReading } from "./run-reading.ts";
import { isAtRest } from "./run-state.ts";

/** Whether a rerun leaves traces at its targets: reruns of their children alone do not run them. */
export function runsItsTargets(operation: WedataOperation): boolean {
  return operation.kind === "TencentRerunTriggerWorkflowRun" || operation.rerunScope !== "CHILDREN";
}

/**
 * Reads the targets before a call: mostly one read each, the one that will also tell how the new run
 * stands.
 *
 * Only for instances of 2025-08-06 that are not at rest a second read follows. Their GetTaskInstance
 * counts runs with automatic retries, which such an instance may do by itself; the rounds of
 * ListTaskInstanceExecutions go up with reruns alone.
 */
export async function readMarks(
  targets: readonly string[],
  { operation, reads, turns }: ReadParts,
): Promise<Evidence> {
  if (!runsItsTargets(operation)) return { marks: [] };
  const marks = await Promise.all(
    targets.map(async (target): Promise<TargetMark | null> => {
      const end = await reads.run(operation, target, turns);
      if (end.kind === "unreadable") return null;
      const { mark } = end.value;
      if (operation.kind !== "TencentRerunTaskInstances" || isAtRest(mark["state"])) {
        return { target, mark };
      }
      const newest = await reads.newestRound(operation.projectId, target, turns);
      if (newest.kind === "unreadable") return { target, mark };
      return { target, mark: { ...mark, rounds: newest.value.number } };
    }),
  );
  return { marks: marks.filter((one) => one !== null) };
}

/**
 * Reads a target again, with what its mark from before the call has. What tells the state is read
 * last: it is never older than the round it is taken for.
 */
export async function readAgain(
  target: string,
  before: Mark,
  { operation, reads, turns }: ReadParts,
): Promise<ReadEnd<RunReading>> {
  if (operation.kind !== "TencentRerunTaskInstances" || typeof before["rounds"] !== "number") {
    return reads.run(operation, target, turns);
  }
  const newest = await reads.newestRound(operation.projectId, target, turns);
  if (newest.kind === "unreadable") return newest;
  const end = await reads.run(operation, target, turns);
  if (end.kind === "unreadable") return end;
  const { mark, error } = end.value;
  return { kind: "read", value: { mark: { ...mark, rounds: newest.value.number }, error } };
}

/** Judges each target in doubt by one reading; one finding for each, in their order. */
export async function judgeTargets(
  doubt: Doubt,
  parts: ReadParts,
): Promise<readonly TargetFinding[]> {
  const { operation } = parts;
  return Promise.all(
    doubt.targets.map(async (target): Promise<TargetFinding> => {
      const cannotTell = (why: string): TargetFinding => ({ target, finding: "cannot-tell", why });
      if (!runsItsTargets(operation)) {
        return cannotTell("only its children were to run, and nobody named them");
      }
      const before = markOf(doubt.before, target);
      if (before === null) {
        return cannotTell("it was not read before the call, so nothing can be compared");
      }
      const end = await readAgain(target, before, parts);
      if (end.kind === "unreadable") return cannotTell(`it could not be read: ${end.message}`);
      const change = changeBetween(before, end.value.mark);
      switch (change.kind) {
        case "new-run":
          return { target, finding: "ran", why: `${change.seen}${caveat(operation)}` };
        case "unclear":
          return cannotTell(
            "it changed, or tells no counter; that proves no rerun and excludes none",
          );
        case "nothing":
          if (!runsTargetsAlone(operation)) {
            return cannotTell("nothing about it has changed, but its children were not looked at");
          }
          return doubt.writtenAgoMs < ABSENCE_PROVES_AFTER_MS
            ? cannotTell(
                "nothing about it has changed, but it is too early to take that for an end",
              )
            : { target, finding: "did-not-run", why: unchanged(doubt.writtenAgoMs) };
      }
    }),
  );
}

function unchanged(ms: number): string {
  return `nothing about it has changed for ${Math.floor(ms / 1000)} s after the call`;
}

/** Whether nothing runs but the targets that are named. */
export function runsTargetsAlone(operation: WedataOperation): boolean {
  return operation.kind === "TencentRerunTriggerWorkflowRun" || operation.rerunScope === "SELF";
}

/** WeData tells no operator, and nobody named the children. */
function caveat(operation: WedataOperation): string {
  const proof = "; that proves a rerun, not who asked for it";
  return runsTargetsAlone(operation) ? proof : `${proof}; its children were not looked at`;
}
