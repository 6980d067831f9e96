import type { TargetEnd } from "../../domain/call-end.ts";
import { type Mark, markOf } from "../../domain/evidence.ts";
import { endsInOrder, type Following, type Progress } from "../../domain/following.ts";
import type { DmsRerunTaskFlowInstance } from "../../domain/operation.ts";
import type { ReadTurns } from "../../domain/provider.ts";
import type { AlibabaProduct } from "../alibaba-product.ts";
import { hasNewerEnd } from "./compare.ts";
import { momentOf, wholeSecond } from "./dms-time.ts";
import { findInstance, newcomerIn, type Search } from "./find-instance.ts";
import { endedAs, type FlowInstance, wordOf } from "./task-flow-instance.ts";

/**
 * One round: the task flow's records around the call are searched for the instance.
 *
 * Only what ended after the call counts: the instance shows the end of its last run until the new
 * one is under way. Should DMS make a new record of a rerun, the old one never ends anew: the call
 * stays open, and the new record is told of.
 */
export async function followRun(
  product: AlibabaProduct,
  {
    following,
    operation,
  }: {
    readonly following: Following;
    readonly operation: DmsRerunTaskFlowInstance;
  },
  turns: ReadTurns,
): Promise<Progress> {
  const { calledAt, call, before } = following;
  const end = await findInstance(product, { operation, atMs: calledAt }, turns);
  if (end.kind === "unreadable") return end;
  const { instance } = end.value;
  const ended = instance === null ? null : endOf(instance, markOf(before, instance.id), calledAt);
  if (ended !== null) {
    const ends = [...following.ended, ended];
    return { kind: "ended", by: "runs", targets: endsInOrder(call.targets, ends) };
  }
  return { kind: "open", following, told: toldOf(end.value, operation, calledAt) };
}

function endOf(instance: FlowInstance, before: Mark | null, calledAt: number): TargetEnd | null {
  const { id, status, message } = instance;
  const ended = endedAs(status);
  if (ended === null || !isNewRun(instance, before, calledAt)) return null;
  if (ended === "SUCCEEDED") return { target: id, status: ended, message: null };
  return {
    target: id,
    status: ended,
    message: `the run failed${message === null ? "" : `: ${message}`}`,
  };
}

/**
 * Whether this run is later than the call: it started after the one before the call, or has a later
 * end than that one had. Where that was not read, it started no earlier than the second of the
 * call, by the two clocks.
 */
function isNewRun(run: FlowInstance, before: Mark | null, calledAt: number): boolean {
  const started = momentOf(run.startTime);
  const startedBefore = momentOf(before?.["startTime"]);
  if (before !== null && hasNewerEnd(before, run)) return true;
  if (before !== null && run.endTime !== null && run.endTime === before["endTime"]) return false;
  if (started === null) return false;
  return startedBefore === null ? started >= wholeSecond(calledAt) : started > startedBefore;
}

function toldOf(
  search: Search,
  { dagInstanceId }: DmsRerunTaskFlowInstance,
  calledAt: number,
): string {
  const { instance } = search;
  const state =
    instance === null
      ? `instance ${dagInstanceId} was not found among the task flow's records`
      : `instance ${dagInstanceId} is ${wordOf(instance.status)}, started ${instance.startTime ?? "at no told time"}`;
  const newcomer = newcomerIn(search, wholeSecond(calledAt));
  if (newcomer === null) return state;
  return `${state}; the manual instance ${newcomer.id} started since: it may be the rerun, or somebody's own`;
}
