import type { Mark } from "../../src/domain/evidence.ts";
import type { OperationName, ProviderKind } from "../../src/domain/operation.ts";
import { type Finding, finding } from "./finding.ts";
import { standingOf, stateOf } from "./standing.ts";

/** What a reading has to tell so that reruns can be followed and judged by it. */
const NEEDED: Readonly<Record<OperationName, readonly string[]>> = {
  TencentRerunTaskInstances: ["state", "runs", "rounds"],
  TencentRerunScheduleInstances: ["state", "rounds"],
  TencentRerunTriggerWorkflowRun: ["state", "rounds"],
  DataWorksRerunTaskInstances: ["status", "runNumber", "modifyTime"],
  DmsRerunTaskFlowInstance: ["status", "startTime"],
};

/** Whether a real target's answers have the fields and the words that the product reads. */
export function checkReading(
  kind: ProviderKind,
  operation: OperationName,
  mark: Mark | null,
): Finding {
  const check = "reading of the target";
  const needed = NEEDED[operation];
  const assumed = `it tells ${needed.join(", ")}, in known words`;
  if (mark === null) return finding(check, assumed, "differs", "it could not be read or found");
  const missing = needed.filter((field) => (mark[field] ?? null) === null);
  const isKnown = standingOf(kind, mark) !== "unknown";
  const told = Object.keys(mark).filter((field) => mark[field] !== null);
  const seen = `state ${stateOf(kind, mark)}${isKnown ? "" : " (not in the tables)"}; told: ${told.join(", ")}`;
  if (missing.length === 0 && isKnown) return finding(check, assumed, "confirmed", seen);
  const absent = missing.length === 0 ? "" : `; not told: ${missing.join(", ")}`;
  return finding(check, assumed, "differs", `${seen}${absent}`);
}
