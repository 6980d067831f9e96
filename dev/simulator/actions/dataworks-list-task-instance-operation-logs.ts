import { readDone } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { pageOf } from "../page.ts";
import { operators, startOfDay } from "./dataworks-task-instance.ts";

/**
 * DataWorks ListTaskInstanceOperationLogs, 2024-05-18: who did what to an instance on one day,
 * today unless given, oldest first.
 *
 * Whether the cloud repeats a rerun's `Comment` here is unconfirmed: this one does not.
 */
export const dataworksListTaskInstanceOperationLogs = alibabaAction({
  product: "dataworks",
  name: "ListTaskInstanceOperationLogs",
  version: "2024-05-18",
  effect: "read",
  method: "GET",
  position: "query",
  parameters: {
    Id: { type: "long", required: true },
    Date: { type: "long" },
    PageNumber: { type: "integer", min: 1, max: 1_000_000 },
    PageSize: { type: "integer", min: 1, max: 200 },
  },
  targets: ({ Id }) => [Id],
  run: ({ Id, Date: day, PageNumber = 1, PageSize = 10 }, { instances }) => {
    const wantedDay = startOfDay(day === undefined ? Date.now() : Number(day));
    const reruns = instances.read(Id)?.runs.slice(1) ?? [];
    const rows = reruns
      .filter(({ orderedAtMs }) => startOfDay(orderedAtMs) === wantedDay)
      .map(({ by, number, orderedAtMs }) => ({
        TaskInstanceId: BigInt(Id),
        User: operators[by],
        CreateTime: orderedAtMs,
        OperationContent: "Rerun the instance.",
        OperationSeq: String(number - 1),
      }));
    const OperationLogs = pageOf(rows, PageNumber, PageSize);
    return readDone({
      PagingInfo: { PageNumber, PageSize, TotalCount: rows.length, OperationLogs },
    });
  },
});
