/** One thing that must hold. Its run resolves with what to say of it, and rejects with what is wrong. */
export interface Check {
  readonly title: string;
  readonly run: () => Promise<string>;
}

/** How a check ended. */
export type CheckEnd = "ok" | "FAILED" | "not run";

/** Writes the line of one check. */
export type Tell = (end: CheckEnd, title: string, said: string) => void;

/** A line per check: how it ended, what it is about, what there is to say. */
export function lineOf(end: CheckEnd, title: string, said: string): string {
  return `${end.padEnd(8)}${title}: ${said}\n`;
}

/** Runs checks one by one and tells each; resolves with how many did not hold. */
export async function runChecks(checks: readonly Check[], tell: Tell): Promise<number> {
  let failed = 0;
  for (const { title, run } of checks) {
    try {
      tell("ok", title, await run());
    } catch (error) {
      failed += 1;
      tell("FAILED", title, error instanceof Error ? error.message : String(error));
    }
  }
  return failed;
}

/** What could not be run, with what it lacks. */
export interface Missing {
  readonly title: string;
  readonly why: string;
}

/**
 * Tells what could not be run; the exit code of all: 0 only when nothing failed and, unless
 * that is allowed, nothing was missing. Who runs checks in a pipeline must not take silence for success.
 */
export function exitCodeOf(
  failed: number,
  missing: readonly Missing[],
  { allowMissing, tell }: { readonly allowMissing: boolean; readonly tell: Tell },
): number {
  for (const { title, why } of missing) tell("not run", title, why);
  return failed === 0 && (allowMissing || missing.length === 0) ? 0 : 1;
}
