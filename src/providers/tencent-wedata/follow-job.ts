import type { AsyncJob, TargetEnd } from "../../domain/call-end.ts";
import type { Following, Progress } from "../../domain/following.ts";
import type { JobReading } from "./async-job.ts";
import { followPartial } from "./follow-partial.ts";
import { JOB_CREATED } from "./new-run.ts";
import { jobCreationMs } from "./provider-time.ts";
import type { ReadParts } from "./reads.ts";
import { succeeded, taken } from "./taken.ts";

/**
 * Reads the call's job once and, where it succeeded in part, its targets. `nowMs` is in milliseconds
 * since the epoch.
 */
export async function followJob(
  following: Following,
  job: AsyncJob,
  parts: ReadParts,
  nowMs: number,
): Promise<Progress> {
  const end = await parts.reads.job(job, parts.turns);
  if (end.kind === "unreadable") return end;
  const reading = end.value;
  const known = { ...following, notes: notesAfter(following, reading) };
  const { targets } = following.call;
  switch (reading.standing) {
    case "open":
      return { kind: "open", following: known, told: `its job is ${reading.status}` };
    case "succeeded":
      return taken(known, parts.operation, targets.map(succeeded), "job");
    case "failed": {
      const message = reading.error ?? "the job failed";
      const failed = targets.map((target): TargetEnd => ({ target, status: "FAILED", message }));
      return { kind: "ended", by: "job", targets: failed };
    }
    case "partial":
      return followPartial(known, reading, parts, nowMs);
  }
}

function notesAfter({ notes, calledAt }: Following, job: JobReading): Following["notes"] {
  const createdMs = jobCreationMs(job.createdAt, calledAt);
  return createdMs === null ? notes : { ...notes, [JOB_CREATED]: String(createdMs) };
}
