import type { CallEnd, TargetEnd } from "../../domain/call-end.ts";
import type { DataWorksRerunTaskInstances } from "../../domain/operation.ts";

/** The form fields of RerunTaskInstances; optional ones are absent when not asked for. */
export function formOf(operation: DataWorksRerunTaskInstances): Record<string, string> {
  return {
    // JSON text built from the decimal strings: as numbers, ids past 2^53 would be rounded.
    Ids: `[${operation.instanceIds.join(",")}]`,
    ...(operation.comment === null ? {} : { Comment: operation.comment }),
    ...(operation.useLatestConfig === null
      ? {}
      : { UseLatestConfig: String(operation.useLatestConfig) }),
  };
}

interface Answer {
  readonly RequestId?: unknown;
  readonly SuccessInfo?: unknown;
}

/**
 * What the answer means, target by target. Only `Success` decides: the API page's own sample of a
 * success carries an error message. An id that the answer leaves out is unknown, and so is
 * everything when it tells nothing.
 */
export function endOfAnswer(
  answer: { readonly status: number; readonly text: string },
  targets: readonly string[],
): CallEnd {
  const body = parse(answer.text);
  const providerRequestId = typeof body?.RequestId === "string" ? body.RequestId.trim() : null;
  const trace = { providerRequestId, providerErrorCode: null };
  const info = body?.SuccessInfo;
  if (answer.status !== 200 || typeof info !== "object" || info === null) {
    const message = `the answer (HTTP ${answer.status}) tells nothing about the instances`;
    return { kind: "uncertain", message, ...trace };
  }
  const told = info as Readonly<Record<string, unknown>>;
  return {
    kind: "accepted",
    job: null,
    targets: targets.map((target) => endOf(target, told[target])),
    ...trace,
  };
}

function endOf(target: string, told: unknown): TargetEnd {
  const { Success: success, Message: text } = (told ?? {}) as Record<string, unknown>;
  const message = typeof text === "string" && text !== "" ? text : null;
  if (success === true) return { target, status: "SUCCEEDED", message: null };
  if (success === false) return { target, status: "FAILED", message };
  return { target, status: "UNKNOWN", message: "the answer does not mention this instance" };
}

function parse(text: string): Answer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    // Not JSON is one of the answers that tell nothing.
    return null;
  }
}
