import { readDone } from "../action.ts";
import { pageOf } from "../page.ts";
import { tencentAction } from "../tencent-action.ts";
import { instanceStates } from "./tencent-get-task-instance.ts";
import {
  costMs,
  phasesOf,
  printerIn,
  runType,
  timeZoneRule,
  unknownThing,
} from "./tencent-instance.ts";

/**
 * WeData ListTaskInstanceExecutions, 2025-08-06: an instance's runs, `LifeRoundNum` from 0.
 *
 * Their order is unconfirmed: here the oldest comes first, so that whoever reads only one page of a
 * long history learns that it is not the newest.
 */
export const tencentListTaskInstanceExecutions = tencentAction({
  name: "ListTaskInstanceExecutions",
  version: "2025-08-06",
  effect: "read",
  parameters: {
    ProjectId: { type: "string", required: true },
    InstanceKey: { type: "string", required: true },
    TimeZone: timeZoneRule,
    PageSize: { type: "integer", min: 1, max: 200 },
    PageNumber: { type: "integer", min: 1 },
  },
  targets: ({ InstanceKey }) => [InstanceKey],
  run: ({ InstanceKey, TimeZone, PageSize = 10, PageNumber = 1 }, { instances }) => {
    const instance = instances.read(InstanceKey);
    if (instance === undefined) {
      return unknownThing(`instance ${InstanceKey}`);
    }
    const print = printerIn(TimeZone);
    const Items = pageOf(instance.runs, PageNumber, PageSize).map((run) => ({
      InstanceKey,
      LifeRoundNum: run.number - 1,
      InstanceState: instanceStates[run.phase],
      RunType: runType(run),
      Tries: 0,
      ExecutionPhaseList: phasesOf(run, print),
      CostTime: costMs(run),
    }));
    const TotalCount = instance.runs.length;
    const TotalPageNumber = Math.ceil(TotalCount / PageSize);
    return readDone({ Data: { TotalCount, TotalPageNumber, PageNumber, PageSize, Items } });
  },
});
