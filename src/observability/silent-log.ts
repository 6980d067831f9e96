import type { Log } from "./log.ts";

const nothing = (): void => undefined;

/** A log that tells nobody: for commands whose own words say all that their user needs. */
export const silentLog: Log = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => silentLog,
};
