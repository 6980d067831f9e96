import type { TargetEnd } from "../../domain/call-end.ts";
import { endsInOrder, type Following, type Progress } from "../../domain/following.ts";
import type { SettledBy } from "../../domain/settle.ts";
import { runsItsTargets } from "./evidence.ts";
import type { WedataOperation } from "./reads.ts";

/**
 * Goes on after the provider took the operation for the targets that succeeded; `by` is what told
 * which ones.
 *
 * Where only the children run, `finished` ends like `submitted`, and says so: nobody named them, so
 * there is nothing to read.
 */
export function taken(
  following: Following,
  operation: WedataOperation,
  ends: readonly TargetEnd[],
  by: SettledBy,
): Progress {
  const { call, until } = following;
  const others = ends.filter(({ status }) => status !== "SUCCEEDED");
  if (until === "submitted" || others.length === ends.length) {
    return { kind: "ended", by, targets: endsInOrder(call.targets, ends) };
  }
  if (!runsItsTargets(operation)) {
    const message = "the provider took it; the runs of its children are not followed";
    const targets = ends.map((end) => (end.status === "SUCCEEDED" ? { ...end, message } : end));
    return { kind: "ended", by, targets: endsInOrder(call.targets, targets) };
  }
  const next = { ...following, job: null, ended: others };
  return { kind: "open", following: next, told: "its job has ended, its runs are followed" };
}

/** The end of a target that the provider took the operation for. */
export function succeeded(target: string): TargetEnd {
  return { target, status: "SUCCEEDED", message: null };
}
