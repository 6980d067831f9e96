/** Where a run stands, in words that each cloud translates into its own. */
export type RunPhase = "failed" | "waiting" | "running" | "succeeded";

/** How a run ends; `never` stays running for good. */
export const runEnds = ["succeeded", "failed", "never"] as const;

/** One way in which a run ends. */
export type RunEnd = (typeof runEnds)[number];

/** Who started a run: a call that arrived here, or somebody else. */
export type RunStarter = "caller" | "somebody-else";

/** One run as it was ordered. Times are ms since the epoch. */
export interface Run {
  readonly by: RunStarter;
  readonly orderedAtMs: number;
  readonly waitMs: number;
  /** From the order to the end. */
  readonly totalMs: number;
  readonly end: RunEnd;
  /** Before this moment no reading shows it. */
  readonly shownFromMs: number;
}

/** One run as it stands at a moment. Times are ms since the epoch, whole. */
export interface RunView {
  /** 1 for the first; the clouds count runs, not reruns. */
  readonly number: number;
  readonly by: RunStarter;
  readonly phase: RunPhase;
  readonly orderedAtMs: number;
  readonly modifiedAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
}

/** The run at this moment; one that a later run has overtaken ended there, as failed. */
export function viewRun(run: Run, number: number, nowMs: number, next: Run | undefined): RunView {
  const { by, orderedAtMs } = run;
  const startedAtMs = Math.round(orderedAtMs + run.waitMs);
  const finishedAtMs = Math.round(orderedAtMs + run.totalMs);
  const isOver = run.end !== "never" && nowMs >= finishedAtMs;
  const view = { number, by, orderedAtMs };
  if (next !== undefined && (run.end === "never" || next.orderedAtMs < finishedAtMs)) {
    const endMs = next.orderedAtMs;
    const started = endMs < startedAtMs ? {} : { startedAtMs };
    return { ...view, phase: "failed", modifiedAtMs: endMs, ...started, finishedAtMs: endMs };
  }
  if (isOver) {
    const phase = run.end === "failed" ? "failed" : "succeeded";
    return { ...view, phase, modifiedAtMs: finishedAtMs, startedAtMs, finishedAtMs };
  }
  return nowMs < startedAtMs
    ? { ...view, phase: "waiting", modifiedAtMs: orderedAtMs }
    : { ...view, phase: "running", modifiedAtMs: startedAtMs, startedAtMs };
}
