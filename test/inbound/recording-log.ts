import type { Log, LogFields } from "../../src/observability/log.ts";

/** A log that keeps the names of its events, as `level event`, and all that was told with them. */
export class RecordingLog implements Log {
  readonly events: string[] = [];
  readonly entries: { readonly level: string; event: string; fields: LogFields }[] = [];

  trace = this.#at("trace");
  debug = this.#at("debug");
  info = this.#at("info");
  warn = this.#at("warn");
  error = this.#at("error");
  fatal = this.#at("fatal");

  child(): Log {
    return this;
  }

  #at(level: string): (event: string, fields?: LogFields) => void {
    return (event, fields = {}) => {
      this.events.push(`${level} ${event}`);
      this.entries.push({ level, event, fields });
    };
  }
}
