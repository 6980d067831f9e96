import { readDone } from "../action.ts";
import { type RunPhase } from "../instance-run.ts";
import { tencentAction } from "../tencent-action.ts";
import {
  costMs,
  keyParts,
  phasesOf,
  printerIn,
  runType,
  timeZoneRule,
  unknownThing,
} from "./tencent-instance.ts";

// One of the several numbers that the SDK's model lists for each state.
const states: Readonly<Record<RunPhase, number>> = {
  failed: 4,
  waiting: 6,
  running: 1,
  succeeded: 2,
};

/**
 * WeData GetTaskInstance, 2021-08-20: one instance's state and all its rounds.
 *
 * States are JSON numbers, as the SDK's models `InstanceDetailVO` and `InstanceLifeCycleVO` say.
 */
export const tencentGetTaskInstance2021 = tencentAction({
  name: "GetTaskInstance",
  version: "2021-08-20",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    InstanceKey: { type: "string", required: true },
    ScheduleTimeZone: timeZoneRule,
  },
  targets: ({ InstanceKey }) => [InstanceKey],
  run: ({ ProjectId, InstanceKey, ScheduleTimeZone }, { instances }) => {
    const instance = instances.read(InstanceKey);
    if (instance === undefined) {
      return unknownThing(`instance ${InstanceKey}`);
    }
    const print = printerIn(ScheduleTimeZone);
    const { last, phase, runs } = instance;
    return readDone({
      Data: {
        ProjectId,
        InstanceKey,
        ...keyParts(InstanceKey),
        InstanceState: states[phase],
        InstanceType: 1,
        InstanceRunType: runType(last),
        TotalRunNum: last.number,
        LifeRoundNum: last.number - 1,
        Tries: 0,
        TryLimit: 3,
        SchedulerTime: print(instance.createdAtMs),
        StartTime: print(last.startedAtMs),
        EndTime: print(last.finishedAtMs),
        CostTime: String(costMs(last)),
        InstanceLifeCycleList: runs.map((run) => ({
          InstanceKey,
          InstanceState: states[run.phase],
          LifeRoundNum: run.number - 1,
          RunType: runType(run),
          Tries: 0,
          LifeCycleDetailList: phasesOf(run, print),
          CostTime: String(costMs(run)),
        })),
      },
    });
  },
});
