import { type InstancePhase } from "../instance-book.ts";
import { tencentAction } from "../tencent-action.ts";
import { offsetHours, wallClock } from "../wall-clock.ts";

const states: Readonly<Record<InstancePhase, string>> = {
  failed: "EXPIRED",
  waiting: "WAIT_RUN",
  running: "RUNNING",
  succeeded: "COMPLETED",
};

/**
 * WeData GetTaskInstance, 2025-08-06: one instance's state (`EXPIRED` is WeData's word for failed).
 *
 * The code for an instance that does not exist is unconfirmed. Times are in `TimeZone`, UTC+8 by
 * default.
 */
export const tencentGetTaskInstance = tencentAction({
  name: "GetTaskInstance",
  version: "2025-08-06",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    InstanceKey: { type: "string", required: true },
    TimeZone: { type: "string", like: /^UTC[+-](?:1[0-4]|\d)$/ },
  },
  targets: ({ InstanceKey }) => [InstanceKey],
  run: ({ ProjectId, InstanceKey, TimeZone = "UTC+8" }, { instances }) => {
    const instance = instances.read(InstanceKey);
    if (instance === undefined) {
      const message = `The instance ${InstanceKey} does not exist.`;
      return { kind: "refused", error: { code: "FailedOperation", message } };
    }
    const time = (epochMs: number | undefined) =>
      epochMs === undefined ? null : wallClock(epochMs, offsetHours(TimeZone) ?? 8);
    const [TaskId = InstanceKey, CurRunDate = null] = InstanceKey.split("_");
    const Data = {
      ProjectId,
      InstanceKey,
      TaskId,
      CurRunDate,
      InstanceState: states[instance.phase],
      InstanceType: 1,
      TotalRunNum: instance.runNumber,
      Tries: 0,
      TryLimit: 3,
      StartTime: time(instance.startedAtMs),
      EndTime: time(instance.finishedAtMs),
      SchedulerTime: time(instance.createdAtMs),
      LastUpdateTime: time(instance.modifiedAtMs),
      JobErrorMsg: instance.phase === "failed" ? "The task ended with exit code 1." : null,
    };
    return { kind: "done", body: { Data }, executed: true, ranTargets: [] };
  },
});
