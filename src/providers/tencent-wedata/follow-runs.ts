import type { TargetEnd } from "../../domain/call-end.ts";
import { endsInOrder, type Following, openTargets, type Progress } from "../../domain/following.ts";
import { lookAtRun, type RunSight } from "./new-run.ts";
import type { ReadParts } from "./reads.ts";
import { phaseOf } from "./run-state.ts";

/** Reads each target whose end is not known yet, once, and keeps what is learned. */
export async function followRuns(following: Following, parts: ReadParts): Promise<Progress> {
  const { call, ended } = following;
  const looks = await Promise.all(
    openTargets(following).map(async (target) => ({
      target,
      end: await lookAtRun(following, target, parts),
    })),
  );
  const unreadable = looks.flatMap(({ end }) => (end.kind === "unreadable" ? [end] : []));
  const [first] = unreadable;
  if (first !== undefined && unreadable.length === looks.length) return first;
  const told: string[] = [];
  const ends: TargetEnd[] = [...ended];
  for (const { target, end } of looks) {
    const run = end.kind === "read" ? endOfRun(target, end.value) : null;
    if (run !== null) ends.push(run);
    else told.push(`${target}: ${end.kind === "read" ? standing(end.value) : end.message}`);
  }
  if (told.length === 0) {
    return { kind: "ended", by: "runs", targets: endsInOrder(call.targets, ends) };
  }
  return { kind: "open", following: { ...following, ended: ends }, told: told.join("; ") };
}

/** The end of a target's new run; null while it is open, or not surely the new one. */
function endOfRun(target: string, { newRun, state, error }: RunSight): TargetEnd | null {
  if (newRun !== "seen") return null;
  switch (phaseOf(state)) {
    case "succeeded":
      return { target, status: "SUCCEEDED", message: null };
    case "failed":
      return { target, status: "FAILED", message: error ?? `the run ended as ${String(state)}` };
    case "skipped":
      return { target, status: "FAILED", message: "the provider skipped the run" };
    case "open":
    case null:
      return null;
  }
}

function standing({ newRun, state }: RunSight): string {
  if (newRun === "seen") return `its run is ${String(state)}`;
  const which = newRun === "absent" ? "the run from before the call" : "perhaps an older run";
  return `its new run has not been seen, what is ${String(state)} is ${which}`;
}
