import { type Backend } from "./action.ts";

/** Which targets of one call run again, and which do not. */
export interface RerunSplit {
  readonly ran: readonly string[];
  readonly failed: readonly { readonly target: string; readonly message: string }[];
}

/**
 * Runs the targets again, except those that do not exist or that a fault makes fail.
 *
 * A job told to FAIL runs none of them, one told PART_SUCCESS the first half, at least one.
 */
export function rerunTargets(targets: readonly string[], backend: Backend): RerunSplit {
  const ran: string[] = [];
  const failed: { target: string; message: string }[] = [];
  const distinct = [...new Set(targets)];
  const wanted = { FAIL: 0, PART_SUCCESS: Math.ceil(distinct.length / 2) };
  const limit =
    backend.jobEnd === "FAIL" || backend.jobEnd === "PART_SUCCESS"
      ? wanted[backend.jobEnd]
      : distinct.length;
  for (const [index, target] of distinct.entries()) {
    if (index >= limit || backend.isFailing(target)) {
      failed.push({ target, message: "The instance cannot be rerun." });
    } else if (backend.instances.rerun(target, backend.orderFor(target))) {
      ran.push(target);
    } else {
      failed.push({ target, message: "The instance does not exist." });
    }
  }
  return { ran, failed };
}
