import { type Mark, markOf } from "../../domain/evidence.ts";
import type { Following } from "../../domain/following.ts";
import type { ReadEnd } from "../../domain/provider.ts";
import { textOf } from "./answer.ts";
import { readAgain } from "./evidence.ts";
import { CLOCK_TOLERANCE_MS, epochMsOf } from "./provider-time.ts";
import type { ReadParts } from "./reads.ts";
import { changeBetween } from "./run-reading.ts";
import { isAtRest } from "./run-state.ts";

/** Whether a target of a followed call has run anew, and how its last run stands. */
export interface RunSight {
  /** `unclear`: the last run may be the new one or one from before the call. */
  readonly newRun: "seen" | "absent" | "unclear";
  /** Of the last run, as the provider spells it. */
  readonly state: string | null;
  readonly error: string | null;
}

/** The note that keeps when the call's job was created, in milliseconds since the epoch. */
export const JOB_CREATED = "jobCreatedMs";

/**
 * Looks at one target of a followed call.
 *
 * With a mark from before the call the two are compared. Without one only times tell: a run that
 * began when the job was there already is new, by the provider's clock alone; without a job's time
 * it must have begun so late that no clock can be wrong enough. In doubt the last run is not taken
 * for the new one: the end of an old run would be told as the end of the rerun.
 */
export async function lookAtRun(
  following: Following,
  target: string,
  parts: ReadParts,
): Promise<ReadEnd<RunSight>> {
  const { operation, reads, turns } = parts;
  const before = markOf(following.before, target);
  if (before !== null && canTell(before)) {
    const end = await readAgain(target, before, parts);
    if (end.kind === "unreadable") return end;
    const { mark, error } = end.value;
    const change = changeBetween(before, mark).kind;
    const newRun = change === "new-run" ? "seen" : change === "nothing" ? "absent" : "unclear";
    return { kind: "read", value: { newRun, state: textOf(mark["state"]), error } };
  }
  if (operation.kind === "TencentRerunTaskInstances") {
    const end = await reads.newestRound(operation.projectId, target, turns);
    if (end.kind === "unreadable") return end;
    const { state, isRerun, beganAt } = end.value;
    const since = newSince(following, beganAt);
    const newRun = since === "seen" && !isRerun ? "unclear" : since;
    return { kind: "read", value: { newRun, state, error: null } };
  }
  const end = await reads.run(operation, target, turns);
  if (end.kind === "unreadable") return end;
  const { mark, error } = end.value;
  // What is still waiting for its start shows the start of the run before.
  const since = newSince(following, textOf(mark["startedAt"]));
  const newRun = since === "seen" ? "seen" : "unclear";
  return { kind: "read", value: { newRun, state: textOf(mark["state"]), error } };
}

/** A target that was not at rest can only be told by its rounds. */
function canTell(before: Mark): boolean {
  return isAtRest(before["state"]) || typeof before["rounds"] === "number";
}

/** Whether a run that began then began because of the call, or after it. */
function newSince({ notes, calledAt }: Following, beganAt: string | null): RunSight["newRun"] {
  const beganMs = epochMsOf(beganAt);
  if (beganMs === null) return "unclear";
  const created = notes[JOB_CREATED];
  if (created !== undefined) return beganMs >= Number(created) ? "seen" : "absent";
  return beganMs >= calledAt + CLOCK_TOLERANCE_MS ? "seen" : "unclear";
}
