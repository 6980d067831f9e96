import { readDone } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { type InstanceView } from "../instance-book.ts";
import { pageOf } from "../page.ts";
import { wallDay } from "../wall-clock.ts";
import { dmsStatuses, dmsTime } from "./dms-words.ts";

const dayMs = 24 * 3_600_000;
const day = { type: "string", like: /^\d{4}-\d{2}-\d{2}$/ } as const;

/**
 * DMS ListTaskFlowInstance, 2018-11-01: a task flow's execution records.
 *
 * Both days of the range belong to it; they are those of `startTime` (lower-case, as the SDK has
 * it), or of the business time with `UseBizDate`. A record that still waits shows when it was
 * ordered. The order of the records is unconfirmed: here they stand as they became known, so that
 * the newest need not be on the first page. The largest page is published nowhere; 200 is allowed here.
 */
export const dmsListTaskFlowInstance = alibabaAction({
  product: "dms",
  name: "ListTaskFlowInstance",
  version: "2018-11-01",
  effect: "read",
  method: "POST",
  position: "query",
  parameters: {
    DagId: { type: "long", required: true },
    PageIndex: { type: "integer", required: true, min: 1, max: 1_000_000 },
    PageSize: { type: "integer", required: true, min: 1, max: 200 },
    StartTimeBegin: day,
    StartTimeEnd: day,
    Status: { type: "integer", min: 0, max: 5 },
    TriggerType: { type: "integer", min: 0, max: 1 },
    UseBizDate: { type: "boolean" },
    Tid: { type: "long" },
  },
  targets: ({ DagId }) => [DagId],
  run: ({ DagId, PageIndex, PageSize, ...wanted }, { flows, instances }) => {
    const { StartTimeBegin = "", StartTimeEnd = "9999-12-31", Status, TriggerType } = wanted;
    const rows = flows
      .instancesOf(DagId)
      .flatMap((id) => instances.read(id) ?? [])
      .filter((instance) => {
        const shownMs = wanted.UseBizDate === true ? bizMs(instance) : startedMs(instance);
        const shownDay = wallDay(shownMs, 8);
        return shownDay >= StartTimeBegin && shownDay <= StartTimeEnd;
      })
      .map((instance) => dagInstance(DagId, instance, flows.isMade(instance.id)))
      .filter((row) => Status === undefined || row.Status === Status)
      .filter((row) => TriggerType === undefined || row.TriggerType === TriggerType);
    return readDone({
      Success: true,
      ErrorCode: "UnknownError",
      ErrorMessage: "UnknownError",
      TotalCount: rows.length,
      DAGInstanceList: { DAGInstance: pageOf(rows, PageIndex, PageSize) },
    });
  },
});

function dagInstance(dagId: string, instance: InstanceView, isManual: boolean) {
  return {
    Id: BigInt(instance.id),
    DagId: dagId,
    DagName: `flow_${dagId}`,
    DagVersion: "1",
    HistoryDagId: BigInt(dagId),
    OwnerName: "test-owner",
    Status: dmsStatuses[instance.phase],
    TriggerType: isManual ? 1 : 0,
    BusinessTime: dmsTime(bizMs(instance)),
    startTime: dmsTime(startedMs(instance)),
    EndTime: dmsTime(instance.last.finishedAtMs),
    Message: instance.phase === "failed" ? "A node failed." : "",
  };
}

function startedMs({ last }: InstanceView): number {
  return last.startedAtMs ?? last.orderedAtMs;
}

function bizMs({ createdAtMs }: InstanceView): number {
  return createdAtMs - dayMs;
}
