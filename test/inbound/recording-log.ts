import type { Log, LogFields } from "../../src/observability/log.ts";

/** A log that keeps the names of its events, as `level event`. */
export class RecordingLog implements Log {
  readonly events: string[] = [];

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
    return (event) => void this.events.push(`${level} ${event}`);
  }
}
