import { type ActionEnd, type Backend } from "../action.ts";
import { alibabaAction } from "../alibaba-action.ts";
import { rerunTargets } from "../rerun-targets.ts";

/**
 * DMS ReRunTaskFlowInstance, 2018-11-01: reruns one execution record of a task flow.
 *
 * Parameters stand in the query of a POST (aliyun-openapi-meta); the API page demands `DagVersion`,
 * the SDK does not. A success carries an error code as in the page's own sample. The codes of a
 * failure are published nowhere, `DagInstanceCannotRerun` is this simulator's. Whether the record
 * keeps its id is unconfirmed: it does, unless a new-instance fault says otherwise.
 */
export const dmsReRunTaskFlowInstance = alibabaAction({
  product: "dms",
  name: "ReRunTaskFlowInstance",
  version: "2018-11-01",
  effect: "rerun",
  method: "POST",
  position: "query",
  parameters: {
    DagId: { type: "long", required: true },
    DagInstanceId: { type: "long", required: true },
    DagVersion: { type: "string" },
    Tid: { type: "long" },
  },
  targets: ({ DagInstanceId }) => [DagInstanceId],
  run: ({ DagId, DagInstanceId }, backend) => {
    const { instances, flows } = backend;
    const exists = instances.read(DagInstanceId) !== undefined;
    if (exists) {
      flows.seed({ flowId: DagId, instanceIds: [DagInstanceId] });
    }
    if (exists && !backend.isFailing(DagInstanceId) && backend.takeNewInstance()) {
      const made = freeIdAfter(DagInstanceId, backend);
      instances.create(made, backend.orderFor(DagInstanceId));
      flows.addMade(DagId, made);
      return rerun([DagInstanceId]);
    }
    const { ran, failed } = rerunTargets([DagInstanceId], backend);
    return rerun(ran, failed[0]?.message);
  },
});

function rerun(ranTargets: readonly string[], message = "UnknownError"): ActionEnd {
  const Success = ranTargets.length > 0;
  const ErrorCode = Success ? "UnknownError" : "DagInstanceCannotRerun";
  const body = { Success, ErrorCode, ErrorMessage: message };
  return { kind: "done", body, executed: Success, ranTargets };
}

function freeIdAfter(id: string, { instances }: Backend): string {
  let next = BigInt(id) + 1n;
  while (instances.has(String(next))) {
    next += 1n;
  }
  return String(next);
}
