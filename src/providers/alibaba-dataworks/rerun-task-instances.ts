import type { CallEnd, TargetEnd } from "../../domain/call-end.ts";
import type { DataWorksRerunTaskInstances } from "../../domain/operation.ts";
import { booleanIn, type Fields, fieldsOf, objectIn, textIn } from "../alibaba-answer.ts";
import type { ProductAction } from "../alibaba-product.ts";
import type { AlibabaAnswer } from "../alibaba-sdk.ts";

/**
 * RerunTaskInstances (2024-05-18): everything in the form body, `Ids` as JSON text
 * (aliyun-openapi-meta: position Body, type Json); what was not given is absent. `UseLatestConfig`
 * is newer than the API page (the SDK of 2026-06 has it).
 */
export function rerunTaskInstances(operation: DataWorksRerunTaskInstances): ProductAction {
  const { instanceIds, comment, useLatestConfig } = operation;
  const form = {
    // Built from the decimal strings: as numbers, ids past 2^53 would be rounded. Asked for twice is
    // one rerun.
    Ids: `[${[...new Set(instanceIds)].join(",")}]`,
    ...(comment === null ? {} : { Comment: comment }),
    ...(useLatestConfig === null ? {} : { UseLatestConfig: String(useLatestConfig) }),
  };
  return { action: "RerunTaskInstances", method: "POST", form };
}

/**
 * What the answer means, target by target. Only `Success` decides: the API page's own sample of a
 * success carries an error message. An id that the answer leaves out is unknown, and so is
 * everything when it tells nothing.
 */
export function endOfAnswer(answer: AlibabaAnswer, targets: readonly string[]): CallEnd {
  const fields = fieldsOf(answer);
  const providerRequestId = fields === null ? null : textIn(fields, "RequestId");
  const trace = { providerRequestId, providerErrorCode: null };
  const told = fields === null ? null : objectIn(fields, "SuccessInfo");
  if (told === null) {
    const message = `the answer (HTTP ${answer.status}) tells nothing about the instances`;
    return { kind: "uncertain", message, ...trace };
  }
  const ends = targets.map((target) => endOf(target, objectIn(told, target)));
  return { kind: "accepted", job: null, asyncJobId: null, targets: ends, ...trace };
}

function endOf(target: string, told: Fields | null): TargetEnd {
  if (told === null) {
    return { target, status: "UNKNOWN", message: "the answer does not mention this instance" };
  }
  const message = textIn(told, "Message");
  switch (booleanIn(told, "Success")) {
    case true:
      return { target, status: "SUCCEEDED", message: null };
    case false:
      return { target, status: "FAILED", message };
    case null: {
      const open = "the answer does not say whether the instance was run again";
      return {
        target,
        status: "UNKNOWN",
        message: message === null ? open : `${open}: ${message}`,
      };
    }
  }
}
