import { Secret } from "../domain/secret.ts";

const DEEPEST = 8;
const MOST_ERRORS = 5;
const REDACTED = "[redacted]";

/** A field of a log line, made of nothing but what JSON can say. */
export type LogValue =
  string | number | boolean | null | readonly LogValue[] | { readonly [key: string]: LogValue };

/**
 * Turns any value into one for a log line. Never throws, whatever the value is: a log call must not
 * become the failure that it reports.
 *
 * Errors are told with their causes, integers beyond 2^53 as text, bytes by their number. A `Secret`
 * is `[redacted]`, and so is every occurrence of the registered ones within text, keys and numbers.
 */
export class LogValues {
  /** Every spelling of every registered secret; null when there is none. */
  readonly #needles: RegExp | null;

  constructor(secrets: readonly Secret[]) {
    const spellings = secrets
      .map((secret) => secret.reveal())
      .filter((value) => value !== "")
      .flatMap((value) => spellingsOf(value));
    // Longest first: a secret within another must not leave the rest of that one standing. In one
    // pass: what a replacement wrote must not be searched again.
    const needles = [...new Set(spellings)].toSorted((a, b) => b.length - a.length);
    this.#needles = needles.length === 0 ? null : new RegExp(needles.map(literally).join("|"), "g");
  }

  /** A text without the registered secrets. */
  text(text: string): string {
    return this.#needles === null ? text : text.replace(this.#needles, REDACTED);
  }

  /** Any value. */
  of(value: unknown): LogValue {
    return this.#of(value, []);
  }

  /** The fields of one line. */
  record(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, LogValue>> {
    return this.#record(fields, []);
  }

  #of(value: unknown, above: readonly object[]): LogValue {
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.text(value.toString());
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.#safely(value, above);
      case "undefined":
        return null;
      case "function":
      case "symbol":
        return `[${typeof value}]`;
    }
  }

  #number(value: number): LogValue {
    const text = String(value);
    const redacted = this.text(text);
    return redacted === text && Number.isFinite(value) ? value : redacted;
  }

  #safely(value: object, above: readonly object[]): LogValue {
    if (above.includes(value)) return "[circular]";
    if (above.length >= DEEPEST) return "[too deep]";
    try {
      return this.#object(value, [...above, value]);
    } catch {
      return "[unreadable]"; // a getter or a toJSON that throws
    }
  }

  #object(value: object, above: readonly object[]): LogValue {
    if (value instanceof Secret) return REDACTED;
    if (value instanceof Error) return this.#error(value, above);
    if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return value.map((item) => this.#of(item, above));
    if (value instanceof Map) return this.#record(fromMap(value), above);
    if (value instanceof Set) return [...value].map((item) => this.#of(item, above));
    if (hasToJson(value)) return this.#of(value.toJSON(), above);
    return this.#record(value, above);
  }

  #record(value: object, above: readonly object[]): Readonly<Record<string, LogValue>> {
    const entries = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([key, one]) => [this.text(key), this.#of(one, above)] as const);
    return Object.fromEntries(entries);
  }

  #error(error: Error, above: readonly object[]): LogValue {
    const { name, message, stack, cause } = error;
    const code: unknown = "code" in error ? error.code : undefined;
    const errors: unknown = error instanceof AggregateError ? error.errors : undefined;
    return this.#record(
      {
        type: name,
        message,
        code: typeof code === "string" || typeof code === "number" ? code : undefined,
        stack,
        cause,
        errors: Array.isArray(errors) ? errors.slice(0, MOST_ERRORS) : undefined,
      },
      above,
    );
  }
}

/** As it is, and as it stands in a URL. */
function spellingsOf(secret: string): readonly string[] {
  try {
    return [secret, encodeURIComponent(secret)];
  } catch {
    return [secret]; // half of a surrogate pair has no URL spelling
  }
}

function fromMap(map: ReadonlyMap<unknown, unknown>): object {
  return Object.fromEntries([...map].map(([key, value]) => [String(key), value]));
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** The text as a pattern that matches nothing else. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
