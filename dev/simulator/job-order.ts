import { type JobEnd, type JobOrder } from "./job-book.ts";
import { type RerunSplit } from "./rerun-targets.ts";

/**
 * The job of a rerun. Its counters always fit its end, also where a fault's `wanted` end does not
 * fit what became of the targets: a job that says SUCCESS counts no failure.
 *
 * One told PART_SUCCESS counts a failure beyond its targets when all of them ran, as if a child
 * could not be rerun; where none ran it can only FAIL.
 */
export function jobOrder(
  type: string,
  { ran, failed }: RerunSplit,
  wanted: JobEnd | undefined,
): JobOrder {
  const total = ran.length + failed.length;
  switch (wanted ?? naturalEnd(ran.length, total)) {
    case "SUCCESS":
      return { type, total, failed: 0, end: "SUCCESS" };
    case "NEVER":
      return { type, total, failed: failed.length, end: "NEVER" };
    case "PART_SUCCESS":
      if (ran.length > 0) {
        const unmet = Math.max(1, failed.length);
        return { type, total: ran.length + unmet, failed: unmet, end: "PART_SUCCESS" };
      }
      return { type, total, failed: total, end: "FAIL" };
    case "FAIL":
      return { type, total, failed: total, end: "FAIL" };
  }
}

function naturalEnd(ran: number, total: number): JobEnd {
  if (ran === total) {
    return "SUCCESS";
  }
  return ran === 0 ? "FAIL" : "PART_SUCCESS";
}
