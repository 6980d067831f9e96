import { readDone } from "../action.ts";
import { type RunPhase } from "../instance-run.ts";
import { tencentAction } from "../tencent-action.ts";
import { keyParts, printerIn, timeZoneRule, unknownThing } from "./tencent-instance.ts";

/** WeData's states of 2025; `EXPIRED` is its word for failed. */
export const instanceStates: Readonly<Record<RunPhase, string>> = {
  failed: "EXPIRED",
  waiting: "WAIT_RUN",
  running: "RUNNING",
  succeeded: "COMPLETED",
};

/** WeData GetTaskInstance, 2025-08-06: one instance's state; times are in `TimeZone`. */
export const tencentGetTaskInstance = tencentAction({
  name: "GetTaskInstance",
  version: "2025-08-06",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    InstanceKey: { type: "string", required: true },
    TimeZone: timeZoneRule,
  },
  targets: ({ InstanceKey }) => [InstanceKey],
  run: ({ ProjectId, InstanceKey, TimeZone }, { instances }) => {
    const instance = instances.read(InstanceKey);
    if (instance === undefined) {
      return unknownThing(`instance ${InstanceKey}`);
    }
    const print = printerIn(TimeZone);
    const { last, phase } = instance;
    return readDone({
      Data: {
        ProjectId,
        InstanceKey,
        ...keyParts(InstanceKey),
        InstanceState: instanceStates[phase],
        InstanceType: 1,
        TotalRunNum: last.number,
        Tries: 0,
        TryLimit: 3,
        StartTime: print(last.startedAtMs),
        EndTime: print(last.finishedAtMs),
        SchedulerTime: print(instance.createdAtMs),
        LastUpdateTime: print(last.modifiedAtMs),
        JobErrorMsg: phase === "failed" ? "The task ended with exit code 1." : null,
      },
    });
  },
});
