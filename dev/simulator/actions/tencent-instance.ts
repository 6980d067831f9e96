import { type ActionEnd } from "../action.ts";
import { type RunView } from "../instance-run.ts";
import { offsetHours, wallClock } from "../wall-clock.ts";

/** What both API versions take for a time zone; UTC+8 when left out. */
export const timeZoneRule = { type: "string", like: /^UTC[+-](?:1[0-4]|\d)$/ } as const;

/** Prints moments as WeData does, `yyyy-MM-dd HH:mm:ss` in a zone, and `null` where there is none. */
export function printerIn(zone = "UTC+8"): (epochMs: number | undefined) => string | null {
  return (epochMs) => (epochMs === undefined ? null : wallClock(epochMs, offsetHours(zone) ?? 8));
}

/** The two halves of an instance key: `<TaskId>_<CurRunDate>`, as every example has it. */
export function keyParts(key: string): { TaskId: string; CurRunDate: string | null } {
  const [TaskId = key, ...rest] = key.split("_");
  return { TaskId, CurRunDate: rest.length === 0 ? null : rest.join("_") };
}

/** How a run came about, in WeData's words. */
export function runType({ number }: RunView): "PERIODIC" | "RERUN" {
  return number === 1 ? "PERIODIC" : "RERUN";
}

/** From the start to the end; 0 while there is none. */
export function costMs({ startedAtMs, finishedAtMs }: RunView): number {
  return startedAtMs === undefined || finishedAtMs === undefined ? 0 : finishedAtMs - startedAtMs;
}

/** The phases that a run went through, with their `yyyy-MM-dd HH:mm:ss` times. */
export function phasesOf(run: RunView, print: ReturnType<typeof printerIn>) {
  const { orderedAtMs, startedAtMs, finishedAtMs } = run;
  const phase = (DetailState: string, fromMs: number, toMs: number | undefined) => ({
    DetailState,
    StartTime: print(fromMs),
    EndTime: print(toMs),
  });
  return [
    phase("WAIT_RUN", orderedAtMs, startedAtMs),
    ...(startedAtMs === undefined ? [] : [phase("RUNNING", startedAtMs, finishedAtMs)]),
    ...(finishedAtMs === undefined
      ? []
      : [phase(run.phase === "failed" ? "EXPIRED" : "COMPLETE", finishedAtMs, finishedAtMs)]),
  ];
}

/**
 * The answer to a read of what does not exist.
 *
 * Which code the cloud has for it is unconfirmed; `FailedOperation` is the broadest documented one.
 */
export function unknownThing(what: string): ActionEnd {
  const message = `The ${what} does not exist.`;
  return { kind: "refused", error: { code: "FailedOperation", message } };
}
