import { type DestinationStream, destination as fileDescriptor, type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import type { LogConfig, LogLevel } from "../config/config.ts";
import type { Secret } from "../domain/secret.ts";
import { LogValues } from "./log-value.ts";

/** What belongs to an event. `level`, `time` and `event` are the line's own. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly event?: never;
};

/**
 * Where events are told: a name in the past tense, such as `claim.granted`, and fields.
 *
 * No method throws or waits, and values may be anything: errors are told with their causes, secrets
 * as `[redacted]`.
 */
export interface Log {
  trace(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  fatal(event: string, fields?: LogFields): void;
  /** A log that adds these fields to every event; an event's own fields win over them. */
  child(fields: LogFields): Log;
}

/** What a log may be given beside its settings. */
export interface LogOptions {
  /** Where the lines go; standard output unless told. */
  readonly destination?: DestinationStream;
  /** Values that no line may contain, wherever they come from: error messages, answers, URLs. */
  readonly redact?: readonly Secret[];
}

/** A log that writes one line per event, at once: nothing is lost when the process ends. */
export function createLog(settings: LogConfig, options: LogOptions = {}): Log {
  const output = options.destination ?? fileDescriptor({ dest: 1, sync: true });
  const logger = pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    settings.format === "json" ? output : prettied(output, options.destination === undefined),
  );
  return new PinoLog(logger, new LogValues(options.redact ?? []), {});
}

/** Line by line and at once: pino-pretty's own stream would lose the last lines of a process. */
function prettied(destination: DestinationStream, isStandardOutput: boolean): DestinationStream {
  // Colours are for terminals, which only pino-pretty's own default finds out about.
  const colours = isStandardOutput ? {} : { colorize: false };
  const prettify = prettyFactory({ messageKey: "event", ...colours });
  return { write: (line) => destination.write(prettify(line)) };
}

class PinoLog implements Log {
  readonly #logger: Logger;
  readonly #values: LogValues;
  readonly #bound: LogFields;

  constructor(logger: Logger, values: LogValues, bound: LogFields) {
    this.#logger = logger;
    this.#values = values;
    this.#bound = bound;
  }

  trace(event: string, fields?: LogFields): void {
    this.#write("trace", event, fields);
  }

  debug(event: string, fields?: LogFields): void {
    this.#write("debug", event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write("info", event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write("warn", event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write("error", event, fields);
  }

  fatal(event: string, fields?: LogFields): void {
    this.#write("fatal", event, fields);
  }

  // pino's own children would write a key twice when an event repeats one of theirs.
  child(fields: LogFields): Log {
    return new PinoLog(this.#logger, this.#values, { ...this.#bound, ...fields });
  }

  #write(level: LogLevel, event: string, fields: LogFields | undefined): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    this.#logger[level](this.#values.record({ event, ...this.#bound, ...fields }));
  }
}
