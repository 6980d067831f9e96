import type { CallEnd, TargetEnd } from "../../domain/call-end.ts";
import type { DmsRerunTaskFlowInstance } from "../../domain/operation.ts";
import { booleanIn, type Fields, fieldsOf, textIn } from "../alibaba-answer.ts";
import type { ProductAction } from "../alibaba-product.ts";
import type { AlibabaAnswer } from "../alibaba-sdk.ts";

/**
 * ReRunTaskFlowInstance (2018-11-01): everything in the query of a POST without a body. `DagVersion`
 * is absent when it was not given: the API page calls it required, the SDK's model and
 * aliyun-openapi-meta do not.
 */
export function reRunTaskFlowInstance(operation: DmsRerunTaskFlowInstance): ProductAction {
  const { dagId, dagInstanceId, dagVersion, tenantId } = operation;
  const query = {
    DagId: dagId,
    DagInstanceId: dagInstanceId,
    ...(dagVersion === null ? {} : { DagVersion: dagVersion }),
    ...(tenantId === null ? {} : { Tid: tenantId }),
  };
  return { action: "ReRunTaskFlowInstance", method: "POST", query };
}

/**
 * What the answer means. Only `Success` decides: the API page's own sample of a success carries an
 * error code. Without it nothing is known. DMS publishes no codes; those whose words tell of trouble
 * inside leave open whether it ran.
 */
export function endOfAnswer(answer: AlibabaAnswer, targets: readonly string[]): CallEnd {
  const fields = fieldsOf(answer);
  const providerRequestId = fields === null ? null : textIn(fields, "RequestId");
  const success = fields === null ? null : booleanIn(fields, "Success");
  if (fields === null || success === null) {
    const message = `the answer (HTTP ${answer.status}) does not say whether it worked`;
    return { kind: "uncertain", message, providerRequestId, providerErrorCode: null };
  }
  const [status, message] = success
    ? (["SUCCEEDED", null] as const)
    : ([isInside(textIn(fields, "ErrorCode")) ? "UNKNOWN" : "FAILED", errorIn(fields)] as const);
  const ends = targets.map((target): TargetEnd => ({ target, status, message }));
  const providerErrorCode = success ? null : textIn(fields, "ErrorCode");
  const trace = { providerRequestId, providerErrorCode };
  return { kind: "accepted", job: null, asyncJobId: null, targets: ends, ...trace };
}

/** A no for trouble inside may come after the deed. */
function isInside(code: string | null): boolean {
  return code !== null && /Internal|Unavailable|Busy|Time-?out|SystemError/i.test(code);
}

/** An answer's own words for why it failed. */
function errorIn(fields: Fields): string {
  const words = [textIn(fields, "ErrorCode"), textIn(fields, "ErrorMessage")];
  const told = words.filter((word) => word !== null).join(": ");
  return told === "" ? "DMS did not say why" : told;
}
