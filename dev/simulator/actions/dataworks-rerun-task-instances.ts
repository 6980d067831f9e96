import { alibabaAction } from "../alibaba-action.ts";
import { rerunTargets } from "../rerun-targets.ts";

interface TargetEnd {
  readonly Success: boolean;
  readonly Message: string;
}

/**
 * DataWorks RerunTaskInstances, 2024-05-18: reruns instances and says of each whether it worked.
 *
 * `Ids` travels as JSON text in the form body (aliyun-openapi-meta: position Body, type Json). The
 * schema calls it optional; a call without it would be senseless and is refused here.
 * `UseLatestConfig` is newer than the API page (SDK of 2026-06).
 */
export const dataworksRerunTaskInstances = alibabaAction({
  product: "dataworks",
  name: "RerunTaskInstances",
  version: "2024-05-18",
  effect: "rerun",
  method: "POST",
  position: "form",
  parameters: {
    Ids: { type: "longs", required: true },
    Comment: { type: "string" },
    UseLatestConfig: { type: "boolean" },
  },
  targets: ({ Ids }) => Ids,
  run: ({ Ids }, backend) => {
    const { ran, failed } = rerunTargets(Ids, backend);
    const SuccessInfo: Record<string, TargetEnd> = {};
    ran.forEach((id) => (SuccessInfo[id] = { Success: true, Message: "" }));
    failed.forEach(({ target, message }) => {
      SuccessInfo[target] = { Success: false, Message: message };
    });
    return { kind: "done", body: { SuccessInfo }, executed: ran.length > 0, ranTargets: ran };
  },
});
