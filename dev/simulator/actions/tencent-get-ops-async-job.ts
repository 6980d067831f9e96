import { readDone } from "../action.ts";
import { tencentAction } from "../tencent-action.ts";
import { wallClock } from "../wall-clock.ts";
import { unknownThing } from "./tencent-instance.ts";

/**
 * WeData GetOpsAsyncJob, 2025-08-06: how far a job has come.
 *
 * What the cloud answers for a job that it does not know is unconfirmed.
 */
export const tencentGetOpsAsyncJob = tencentAction({
  name: "GetOpsAsyncJob",
  version: "2025-08-06",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    AsyncId: { type: "string", required: true },
  },
  targets: ({ AsyncId }) => [AsyncId],
  run: ({ AsyncId }, { jobs }) => {
    const job = jobs.read(AsyncId);
    if (job === undefined) {
      return unknownThing(`asynchronous job ${AsyncId}`);
    }
    const Data = {
      AsyncId,
      AsyncType: job.type,
      Status: job.status,
      ErrorDesc: job.succeeded < job.finished ? "Something could not be rerun." : null,
      TotalSubProcessCount: job.total,
      FinishedSubProcessCount: job.finished,
      SuccessSubProcessCount: job.succeeded,
      CreateUserUin: "100000000001",
      CreateTime: zonelessTime(job.createdAtMs),
      UpdateTime: zonelessTime(job.updatedAtMs),
    };
    return readDone({ Data });
  },
});

// The API page's sample has `2025-08-28T16:48:19`, without a zone.
function zonelessTime(epochMs: number): string {
  return wallClock(epochMs, 8).replace(" ", "T");
}
