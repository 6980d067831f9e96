import { type Doubt, type Evidence, markOf, type TargetFinding } from "../../domain/evidence.ts";
import type { DmsRerunTaskFlowInstance } from "../../domain/operation.ts";
import type { ReadTurns } from "../../domain/provider.ts";
import { cannotTell } from "../alibaba-comparison.ts";
import type { AlibabaProduct } from "../alibaba-product.ts";
import { compare, markOfInstance } from "./compare.ts";
import { wholeSecond } from "./dms-time.ts";
import { findInstance, newcomerIn, type Search, type Wanted } from "./find-instance.ts";

/** The weakness of DMS as a witness. */
const NO_PROOF = "DMS counts no runs and tells whole seconds, so missing traces prove nothing";

/** How the instance stands before a call; nothing when it cannot be read or found. */
export async function readMarks(
  product: AlibabaProduct,
  wanted: Wanted,
  turns: ReadTurns,
): Promise<Evidence> {
  const end = await findInstance(product, wanted, turns);
  const instance = end.kind === "read" ? end.value.instance : null;
  const target = wanted.operation.dagInstanceId;
  return { marks: instance === null ? [] : [{ target, mark: markOfInstance(instance) }] };
}

export interface JudgedDoubt {
  readonly doubt: Doubt;
  readonly operation: DmsRerunTaskFlowInstance;
  /** About when the call was made, milliseconds since the epoch. */
  readonly calledAt: number;
}

/** The finding for the instance: `ran` or `cannot-tell`, never that it did not. */
export async function judgeRun(
  product: AlibabaProduct,
  { doubt, operation, calledAt }: JudgedDoubt,
  turns: ReadTurns,
): Promise<readonly TargetFinding[]> {
  const before = markOf(doubt.before, operation.dagInstanceId);
  if (before === null) return findings(doubt, "it was not read before the call");
  const end = await findInstance(product, { operation, atMs: calledAt }, turns);
  if (end.kind === "unreadable") return findings(doubt, `it cannot be read: ${end.message}`);
  const { instance } = end.value;
  if (instance === null) {
    return findings(
      doubt,
      `it was not found among the task flow's records${rival(end.value, calledAt)}`,
    );
  }
  const { kind, why } = compare(before, instance);
  if (kind === "ran") {
    return doubt.targets.map((target) => ({ target, finding: "ran", why }));
  }
  const caveat = kind === "unchanged" ? `; ${NO_PROOF}` : "";
  return findings(doubt, `${why}${rival(end.value, calledAt)}${caveat}`);
}

function findings({ targets }: Doubt, why: string): readonly TargetFinding[] {
  return targets.map((target) => cannotTell(target, why));
}

/** A record that may be the rerun, where DMS should make a new one of it. */
function rival(search: Search, calledAt: number): string {
  const newcomer = newcomerIn(search, wholeSecond(calledAt));
  return newcomer === null
    ? ""
    : `, but the manual instance ${newcomer.id} started since: the rerun, or somebody's own run`;
}
