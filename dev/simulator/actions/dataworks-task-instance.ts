import { type InstanceView } from "../instance-book.ts";
import { type RunPhase, type RunView } from "../instance-run.ts";
import { wallDay } from "../wall-clock.ts";

const dayMs = 24 * 3_600_000;
const statuses: Readonly<Record<RunPhase, string>> = {
  failed: "Failure",
  waiting: "NotRun",
  running: "Running",
  succeeded: "Success",
};

/** Whom DataWorks names for a run: the account behind every key of the simulator, or another. */
export const operators: Readonly<Record<RunView["by"], string>> = {
  caller: "1000",
  "somebody-else": "2000",
};

/** A task instance in DataWorks' words; each of its runs is one row of its history. */
export type DataworksTaskInstance = ReturnType<typeof dataworksTaskInstance>;

/**
 * One run of an instance as GetTaskInstance and ListTaskInstances show it.
 *
 * Ids are bigints, which the protocol writes as bare numbers, digit for digit; those that hang
 * together with the instance's are as large as it. Project and business date are what a caller has
 * to read here before it can list: the day before the instance's first run.
 */
export function dataworksTaskInstance(instance: InstanceView, run: RunView = instance.last) {
  const id = BigInt(instance.id);
  return {
    Id: id,
    ProjectId: 10_001n,
    ProjectEnv: "Prod",
    TaskId: id / 10n,
    TaskName: `task_${id / 10n}`,
    TaskType: "ODPS_SQL",
    WorkflowId: 20_001n,
    WorkflowInstanceId: id / 10n + 1n,
    UnifiedWorkflowInstanceId: id / 10n + 2n,
    WorkflowInstanceType: "Normal",
    Bizdate: startOfDay(instance.createdAtMs) - dayMs,
    Owner: "1000",
    RuntimeResource: "S_res_group_test",
    Status: statuses[run.phase],
    RunNumber: run.number,
    TriggerType: "Scheduler",
    TriggerRecurrence: "Normal",
    TriggerTime: run.orderedAtMs,
    RerunMode: "AllAllowed",
    CreateTime: instance.createdAtMs,
    CreateUser: operators["somebody-else"],
    ModifyTime: run.modifiedAtMs,
    ModifyUser: operators[run.by],
    StartedTime: run.startedAtMs,
    FinishedTime: run.finishedAtMs,
  };
}

/** The first moment of that moment's day in China, by whose clocks DataWorks counts days. */
export function startOfDay(epochMs: number): number {
  return Date.parse(`${wallDay(epochMs, 8)}T00:00:00+08:00`);
}
