import type { Log } from "../observability/log.ts";
import { doneWithin } from "./deadline.ts";

/** What is stopped, in the order of its stages. */
export interface DrainParts {
  readonly intake: { drain(): Promise<void>; finalCommit(): Promise<boolean> };
  readonly counters: readonly {
    readonly lane: { stop(): Promise<void> };
    readonly judge: { readonly size: number };
    /** Ends all judging and following: others go on with it. */
    stopReading(): void;
  }[];
  /** Ends following at once, for somebody else will; judging goes on while there is time. */
  readonly handOver: () => void;
  readonly desk: { idle(): Promise<void> };
  readonly settler: { idle(): Promise<void> };
  readonly checkpointer: { final(): Promise<boolean> };
  readonly consumer: { stop(timeoutMs: number): Promise<void> };
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Ends the drain at once, as the deadline would. */
  readonly abandon: AbortSignal;
}

/** Kept back of the drain time-out for the last outcomes, the last commit and the goodbyes. */
const CLOSING_SHARE = 0.2;
const CLOSING_MAX_MS = 5000;

/**
 * Stops the way of a request, front to back: no new records, no new calls; running calls end and are
 * judged while there is time, outcomes go out, the checkpoint is written, offsets are committed, the
 * group is left. What is followed goes on elsewhere.
 *
 * Resolves within the time-out with what was left unfinished, in words; nothing when all was done.
 * What is unfinished was not committed and comes again after the next start.
 */
export async function drain(parts: DrainParts): Promise<readonly string[]> {
  const { intake, counters, desk, settler, consumer, log, now, timeoutMs, abandon } = parts;
  const closingMs = Math.min(CLOSING_MAX_MS, timeoutMs * CLOSING_SHARE);
  const deadline = now() + timeoutMs - closingMs / 2;
  const unfinished: string[] = [];
  const step = async (name: string, work: Promise<unknown>, until: number): Promise<void> => {
    // Work that ends with `false` was in time and in vain.
    const succeeded = work.then((end) => end !== false);
    const inTime = await doneWithin(succeeded, until - now(), abandon);
    if (!inTime || !(await succeeded)) unfinished.push(name);
  };

  log.info("drain.started", { timeoutMs });
  const leaving = intake.drain();
  // Its failure is told at its step; until then nobody listens.
  leaving.catch(() => undefined);
  const calls = Promise.all(counters.map(async ({ lane }) => lane.stop()));
  parts.handOver();
  const settled = calls.then(async () => desk.idle()).then(async () => settler.idle());
  // Evidence may need longer than there is time: whoever owns the record next goes on.
  if (!(await doneWithin(settled, deadline - closingMs / 2 - now(), abandon))) {
    const judged = counters.reduce((sum, { judge }) => sum + judge.size, 0);
    log.warn("drain.judging-handed-over", { judged });
  }
  for (const counter of counters) counter.stopReading();
  await step("calls", calls, deadline - closingMs / 4);
  await step(
    "outcomes",
    desk.idle().then(async () => settler.idle()),
    deadline,
  );
  await step("dead letters", leaving, deadline);
  await step("checkpoint", parts.checkpointer.final(), deadline);
  await step("offsets", intake.finalCommit(), deadline);
  await consumer.stop(Math.max(0, deadline + closingMs / 2 - now()));
  log.info("drain.ended", { unfinished });
  return unfinished;
}
