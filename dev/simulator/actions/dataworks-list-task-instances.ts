import { readDone } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { pageOf } from "../page.ts";
import { type DataworksTaskInstance, dataworksTaskInstance } from "./dataworks-task-instance.ts";

const text = { type: "string" } as const;
const long = { type: "long" } as const;
const longs = { type: "longs" } as const;
const sortFields = ["TriggerTime", "StartedTime", "FinishedTime", "CreateTime", "Id"] as const;

/**
 * DataWorks ListTaskInstances, 2024-05-18: instances of one project and business date.
 *
 * With `Id` one row for each run of that instance, otherwise each instance's last run. The largest
 * page is published nowhere; 200 is allowed here. `Filter` (JSON, times) is known and refused: a
 * simulator that ignored it would answer with rows that the cloud would leave out.
 */
export const dataworksListTaskInstances = alibabaAction({
  product: "dataworks",
  name: "ListTaskInstances",
  version: "2024-05-18",
  effect: "read",
  method: "POST",
  position: "form",
  parameters: {
    ProjectId: { type: "long", required: true },
    Bizdate: { type: "long", required: true },
    Id: long,
    Ids: longs,
    TaskId: long,
    TaskIds: longs,
    TaskName: text,
    TaskType: text,
    Owner: text,
    RuntimeResource: text,
    WorkflowId: long,
    WorkflowInstanceId: long,
    UnifiedWorkflowInstanceId: long,
    WorkflowInstanceType: text,
    ProjectEnv: { type: "string", oneOf: ["Prod", "Dev"] },
    Status: text,
    TriggerType: text,
    TriggerRecurrence: text,
    Filter: text,
    SortBy: {
      type: "string",
      like: /^(?:Trigger|Started|Finished|Create)Time(?: (?:De|A)sc)?$|^Id(?: (?:De|A)sc)?$/,
    },
    PageNumber: { type: "integer", min: 1, max: 1_000_000 },
    PageSize: { type: "integer", min: 1, max: 200 },
  },
  targets: ({ Id, Ids }) => [...(Id === undefined ? [] : [Id]), ...(Ids ?? [])],
  run: ({ PageNumber = 1, PageSize = 10, SortBy = "Id Desc", ...wanted }, { instances }) => {
    const { Id, Ids, TaskIds, TaskName = "", Filter, ...exact } = wanted;
    if (Filter !== undefined) {
      const message = "The simulator has no Filter.";
      return { kind: "refused", error: { code: "InvalidParameter", message, status: 400 } };
    }
    const named = Id === undefined ? Ids : [Id];
    const found = named?.flatMap((id) => instances.read(id) ?? []) ?? instances.readAll();
    const rows = found
      .flatMap((one) => (Id === undefined ? [one.last] : one.runs).map((run) => ({ one, run })))
      .map(({ one, run }) => dataworksTaskInstance(one, run))
      .filter((row) => hasAll(row, exact) && (TaskIds?.includes(String(row.TaskId)) ?? true))
      .filter((row) => row.TaskName.includes(TaskName))
      .toSorted(order(SortBy));
    const TaskInstances = pageOf(rows, PageNumber, PageSize);
    const PagingInfo = { PageNumber, PageSize, TotalCount: rows.length, TaskInstances };
    return readDone({ PagingInfo });
  },
});

function hasAll(
  row: DataworksTaskInstance,
  exact: Readonly<Record<string, string | undefined>>,
): boolean {
  return Object.entries(exact).every(
    ([name, value]) => value === undefined || String(Reflect.get(row, name)) === value,
  );
}

type Compare = (one: DataworksTaskInstance, other: DataworksTaskInstance) => number;

// Rows of one instance differ in their run alone, which goes the same way.
function order(sortBy: string): Compare {
  const field = sortFields.find((name) => sortBy.startsWith(name)) ?? "Id";
  const sign = sortBy.endsWith(" Desc") ? -1 : 1;
  return (one, other) => {
    const [a, b] = [one[field] ?? 0, other[field] ?? 0];
    return sign * (a < b ? -1 : a > b ? 1 : one.RunNumber - other.RunNumber);
  };
}
