import { readDone } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { dmsStatuses, dmsTime } from "./dms-words.ts";

/**
 * DMS GetTaskInstanceRelation, 2018-11-01: the nodes of one execution record, of which each has two.
 *
 * The code for a record that does not exist is published nowhere, this one is the simulator's.
 */
export const dmsGetTaskInstanceRelation = alibabaAction({
  product: "dms",
  name: "GetTaskInstanceRelation",
  version: "2018-11-01",
  effect: "read",
  method: "POST",
  position: "query",
  parameters: {
    DagId: { type: "long", required: true },
    DagInstanceId: { type: "long", required: true },
    Tid: { type: "long" },
  },
  targets: ({ DagInstanceId }) => [DagInstanceId],
  run: ({ DagId, DagInstanceId }, { flows, instances }) => {
    const instance = instances.read(DagInstanceId);
    if (instance === undefined) {
      return readDone({
        Success: false,
        ErrorCode: "DagInstanceNotFound",
        ErrorMessage: "The instance does not exist.",
      });
    }
    flows.seed({ flowId: DagId, instanceIds: [DagInstanceId] });
    const { last, phase, createdAtMs } = instance;
    const { startedAtMs, finishedAtMs } = last;
    const Node = [1n, 2n].map((number) => ({
      Id: BigInt(DagInstanceId) / 10n + number,
      NodeId: BigInt(DagId) / 10n + number,
      NodeName: `node_${number}`,
      NodeType: 1,
      Status: dmsStatuses[phase],
      BusinessTime: dmsTime(createdAtMs - 24 * 3_600_000),
      EndTime: dmsTime(finishedAtMs),
      ExecuteTime:
        startedAtMs === undefined || finishedAtMs === undefined ? 0 : finishedAtMs - startedAtMs,
      Message: phase === "failed" ? "The node failed." : "",
    }));
    return readDone({
      Success: true,
      ErrorCode: "UnknownError",
      ErrorMessage: "UnknownError",
      NodeList: { Node },
    });
  },
});
