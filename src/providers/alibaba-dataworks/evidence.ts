import {
  ABSENCE_PROVES_AFTER_MS,
  type Doubt,
  type Evidence,
  type Mark,
  markOf,
  type TargetFinding,
  type TargetMark,
} from "../../domain/evidence.ts";
import type { ReadTurns, RerunCall } from "../../domain/provider.ts";
import type { AlibabaProduct } from "../alibaba-product.ts";
import { cannotTell, type Comparison } from "../alibaba-comparison.ts";
import { compare, markOfInstance } from "./compare.ts";
import { readOperationLogs } from "./operation-logs.ts";
import { getTaskInstance, instanceIn } from "./task-instance.ts";

/** How the targets stand before a call, one read for each; what cannot be read is left out. */
export async function readMarks(
  product: AlibabaProduct,
  { targets }: RerunCall,
  turns: ReadTurns,
): Promise<Evidence> {
  const marks = await Promise.all(
    targets.map(async (target): Promise<readonly TargetMark[]> => {
      const end = await readInstance(product, target, turns);
      return end.kind === "read" ? [{ target, mark: markOfInstance(end.value) }] : [];
    }),
  );
  return { marks: marks.flat() };
}

export interface JudgingOptions {
  readonly product: AlibabaProduct;
  readonly turns: ReadTurns;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface JudgingParts extends Omit<JudgingOptions, "now"> {
  /** Milliseconds since the epoch. */
  readonly calledAt: number;
}

/** One finding for each target in doubt, from one reading and, where nothing changed, its logs. */
export async function judgeRuns(
  doubt: Doubt,
  options: JudgingOptions,
): Promise<readonly TargetFinding[]> {
  // Before any turn is waited for: the age of the call counts from here.
  const calledAt = options.now() - doubt.writtenAgoMs;
  return Promise.all(
    doubt.targets.map(async (target) => judgeRun(target, doubt, { ...options, calledAt })),
  );
}

async function judgeRun(
  target: string,
  doubt: Doubt,
  options: JudgingParts,
): Promise<TargetFinding> {
  const before = markOf(doubt.before, target);
  if (before === null) return cannotTell(target, "it was not read before the call");
  const end = await readInstance(options.product, target, options.turns);
  if (end.kind === "unreadable") return cannotTell(target, `it cannot be read: ${end.message}`);
  const seen = compare(before, end.value);
  if (seen.kind === "ran") return { target, finding: "ran", why: seen.why };
  if (seen.kind === "unclear") return cannotTell(target, seen.why);
  if (doubt.writtenAgoMs < ABSENCE_PROVES_AFTER_MS) {
    return cannotTell(target, `${seen.why}, but the call may still be at work`);
  }
  return judgeUnchanged({ target, before, seen }, doubt, options);
}

/**
 * An instance that shows no new run, long after the call: the operation log has the last word. An
 * entry later than the last change of the instance, both by the clock of DataWorks, contradicts.
 */
async function judgeUnchanged(
  {
    target,
    before,
    seen,
  }: {
    readonly target: string;
    readonly before: Mark;
    readonly seen: Comparison;
  },
  { writtenAgoMs }: Doubt,
  { product, turns, calledAt }: JudgingParts,
): Promise<TargetFinding> {
  const logs = await readOperationLogs(product, { id: target, atMs: calledAt }, turns);
  if (logs.kind === "unreadable") {
    return cannotTell(target, `${seen.why}, but its operation log cannot be read: ${logs.message}`);
  }
  const { rows, complete } = logs.value;
  if (!complete)
    return cannotTell(target, `${seen.why}, but its operation log is too long to read`);
  const changedAt = Number(before["modifyTime"]);
  if (rows.some(({ createTime }) => createTime === null || createTime > changedAt)) {
    return cannotTell(target, `${seen.why}, but its operation log has a later entry`);
  }
  const why = `${seen.why}, ${Math.floor(writtenAgoMs / 1000)} s after the call, and its operation log has no later entry`;
  return { target, finding: "did-not-run", why };
}

async function readInstance(product: AlibabaProduct, target: string, turns: ReadTurns) {
  return product.read(turns, getTaskInstance(target), (answer) => instanceIn(answer, target));
}
