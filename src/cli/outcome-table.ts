import type { RerunOutcome } from "../avro/wire-types.ts";
import { columnLine } from "./columns.ts";

/** Wide enough for what is usual: the table is written row by row, before later rows are known. */
const WIDTHS = [20, 19, 14, 30, 36, 7, 5];

/** The first line of the table of outcomes. */
export function outcomeHeading(): string {
  return columnLine(
    ["COMPLETED", "STATUS", "PROVIDER", "OPERATION", "REQUEST", "TARGETS", "CALLS", "DETAIL"],
    WIDTHS,
  );
}

/** One outcome as a line of the table. */
export function outcomeRow(outcome: RerunOutcome): string {
  const { completedAt, status, provider, operation, requestId, targets, attempts } = outcome;
  const succeeded = targets.filter((target) => target.status === "SUCCEEDED").length;
  return columnLine(
    [
      timeOf(completedAt),
      status,
      provider,
      operation,
      requestId,
      targets.length === 0 ? "-" : `${succeeded}/${targets.length}`,
      String(attempts),
      detailOf(outcome),
    ],
    WIDTHS,
  );
}

function detailOf(outcome: RerunOutcome): string {
  const { reason, reconciled } = outcome;
  const why = reason === null ? idsOf(outcome) : `${reason.code}: ${reason.message}`;
  const how = reconciled ? "decided by readings (reconciled)" : "";
  return [why, how].filter((part) => part !== "").join("; ");
}

function idsOf({ providerRequestId, asyncJobId }: RerunOutcome): string {
  const ids = [
    ...(providerRequestId === null ? [] : [`provider request ${providerRequestId}`]),
    ...(asyncJobId === null ? [] : [`job ${asyncJobId}`]),
  ];
  return ids.join(", ");
}

function timeOf(millis: number): string {
  const date = new Date(millis);
  // A foreign outcome may carry any int64.
  return Number.isNaN(date.getTime()) ? String(millis) : `${date.toISOString().slice(0, 19)}Z`;
}
