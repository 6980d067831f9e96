import type { Log, LogFields } from "../../src/observability/log.ts";

export interface LoggedEvent {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that keeps what it is told, for tests to look at; children write into the same list. */
export function recordingLog(bound: LogFields = {}, events: LoggedEvent[] = []) {
  const at = (level: string) => (event: string, fields?: LogFields) => {
    events.push({ level, event, fields: { ...bound, ...fields } });
  };
  const log: Log = {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: (fields) => recordingLog({ ...bound, ...fields }, events).log,
  };
  return { log, events };
}
