import { alibabaAction } from "../alibaba-action.ts";
import { type InstancePhase } from "../instance-book.ts";

const statuses: Readonly<Record<InstancePhase, string>> = {
  failed: "Failure",
  waiting: "NotRun",
  running: "Running",
  succeeded: "Success",
};

/**
 * DataWorks GetTaskInstance, 2024-05-18: one instance's state; its ids are bare JSON numbers.
 *
 * The code for an instance that does not exist is unconfirmed.
 */
export const dataworksGetTaskInstance = alibabaAction({
  name: "GetTaskInstance",
  version: "2024-05-18",
  effect: "read",
  method: "GET",
  position: "query",
  parameters: { Id: { type: "long", required: true } },
  targets: ({ Id }) => [Id],
  run: ({ Id }, { instances }) => {
    const instance = instances.read(Id);
    if (instance === undefined) {
      const message = "The instance does not exist.";
      return {
        kind: "refused",
        error: { code: "Invalid.Instance.NotExist", message, status: 400 },
      };
    }
    const TaskInstance = {
      // The protocol writes a bigint as a bare number, digit for digit.
      Id: BigInt(Id),
      Status: statuses[instance.phase],
      RunNumber: instance.runNumber,
      CreateTime: instance.createdAtMs,
      ModifyTime: Math.round(instance.modifiedAtMs),
      StartedTime: rounded(instance.startedAtMs),
      FinishedTime: rounded(instance.finishedAtMs),
      TriggerType: "Scheduler",
      RerunMode: "AllAllowed",
      ProjectEnv: "Prod",
      ModifyUser: "1000",
    };
    return { kind: "done", body: { TaskInstance }, executed: true, ranTargets: [] };
  },
});

function rounded(epochMs: number | undefined): number | undefined {
  return epochMs === undefined ? undefined : Math.round(epochMs);
}
