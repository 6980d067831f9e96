import { NO_STRINGS, type Findings, quote } from "./findings.ts";

/** A decoded Avro record. */
export type Fields = Readonly<Record<string, unknown>>;

const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);
/** The last instant that a `Date` can hold. */
const MAX_TIME = 8.64e15;

/** The fields, when a decoded value is a record (or a map). */
export function asFields(value: unknown): Fields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return value as Fields; // the one place where an object's keys become readable
}

/**
 * Reads the fields of one decoded record into the domain's types.
 *
 * Never throws: what is wrong goes to the findings, and something of the right type is returned so
 * that the rest is read too and all faults are told at once. A missing field takes its default,
 * because an older writer's schema may lack it.
 */
export class FieldReader {
  readonly #fields: Fields;
  readonly #path: string;
  readonly #findings: Findings;

  constructor(fields: Fields, path: string, findings: Findings) {
    this.#fields = fields;
    this.#path = path;
    this.#findings = findings;
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : this.#mismatch(name, "a string", value, "");
  }

  optionalText(name: string): string | null {
    return this.#given(name) === null ? null : this.text(name);
  }

  /** A string that names something, so it must not be blank. */
  id(name: string): string {
    const value = this.text(name);
    if (isBlank(value)) this.fault(name, "is empty");
    return value;
  }

  optionalId(name: string): string | null {
    return this.#given(name) === null ? null : this.id(name);
  }

  flag(name: string, fallback: boolean): boolean {
    return this.optionalFlag(name) ?? fallback;
  }

  optionalFlag(name: string): boolean | null {
    const value = this.#given(name);
    if (value === null) return null;
    return typeof value === "boolean" ? value : this.#mismatch(name, "a boolean", value, null);
  }

  symbol<T extends string>(name: string, symbols: readonly T[], fallback: T): T {
    return this.optionalSymbol(name, symbols) ?? fallback;
  }

  optionalSymbol<T extends string>(name: string, symbols: readonly T[]): T | null {
    const value = this.#given(name);
    if (value === null) return null;
    if (typeof value !== "string") return this.#mismatch(name, "an enum symbol", value, null);
    const known = symbols.find((symbol) => symbol === value);
    if (known === undefined)
      this.fault(name, `is ${quote(value)}, not one of ${symbols.join(", ")}`);
    return known ?? null;
  }

  /** An int of at least 1. */
  optionalCount(name: string): number | null {
    const value = this.#given(name);
    if (value === null) return null;
    if (
      typeof value !== "number" ||
      !Number.isInteger(value) ||
      value > MAX_INT ||
      value < MIN_INT
    ) {
      return this.#mismatch(name, "an int", value, null);
    }
    if (value < 1) this.fault(name, `is ${value}, less than 1`);
    return value;
  }

  /** An int64 id in decimal. */
  longId(name: string): string {
    return this.#longId(name, this.#fields[name]);
  }

  optionalLongId(name: string): string | null {
    return this.#given(name) === null ? null : this.longId(name);
  }

  longIds(name: string): readonly string[] {
    return this.#list(name, (item, at) => this.#longId(at, item));
  }

  /** Milliseconds since the epoch. */
  time(name: string): number {
    const value = this.#fields[name];
    // A foreign schema may lack the logical type; its bare long comes as a bigint.
    const time = typeof value === "bigint" ? Number(value) : value;
    if (typeof time !== "number" || !Number.isInteger(time)) {
      return this.#mismatch(name, "a timestamp", value, 0);
    }
    if (time < 0 || time > MAX_TIME) this.fault(name, `is ${time}, not a time after 1970`);
    return time;
  }

  optionalTime(name: string): number | null {
    return this.#given(name) === null ? null : this.time(name);
  }

  /** A list of ids. */
  ids(name: string, whenAbsent?: "may be absent"): readonly string[] {
    if (whenAbsent !== undefined && this.#given(name) === null) return NO_STRINGS;
    return this.#list(name, (item, at) => {
      if (typeof item !== "string") return this.#mismatch(at, "a string", item, "");
      if (isBlank(item)) this.fault(at, "is empty");
      return item;
    });
  }

  /** A list of records, each made by `make`. */
  records<T>(
    name: string,
    make: (item: FieldReader) => T,
    whenAbsent?: "may be absent",
  ): readonly T[] {
    if (whenAbsent !== undefined && this.#given(name) === null) return [];
    return this.#list(name, (item, at) => {
      const fields = asFields(item) ?? this.#mismatch(at, "a record", item, {});
      return make(new FieldReader(fields, `${this.#path}${at}.`, this.#findings));
    });
  }

  optionalRecord<T>(name: string, make: (item: FieldReader) => T): T | null {
    const value = this.#given(name);
    if (value === null) return null;
    const fields = asFields(value);
    if (fields === null) return this.#mismatch(name, "a record", value, null);
    return make(new FieldReader(fields, `${this.#path}${name}.`, this.#findings));
  }

  /** Notes that the field's value makes no sense; `what` continues a sentence that begins with its name. */
  fault(name: string, what: string): void {
    this.#findings.fault(`${this.#path}${name} ${what}`);
  }

  /** A field that is absent is one that its writer's schema did not have yet. */
  #given(name: string): unknown {
    return this.#fields[name] ?? null;
  }

  #longId(name: string, value: unknown): string {
    if (typeof value !== "bigint" && !Number.isSafeInteger(value)) {
      return this.#mismatch(name, "a long", value, "0");
    }
    const id = String(value);
    if (id === "0" || id.startsWith("-")) this.fault(name, `is ${id}, not a positive id`);
    return id;
  }

  #list<T>(name: string, read: (item: unknown, at: string) => T): readonly T[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) return this.#mismatch(name, "an array", value, []);
    // Sized exactly: Avro's array has room for 16 more, times 200,000 waiting requests.
    return Array.from(value, (item: unknown, i) => read(item, `${name}[${i}]`));
  }

  #mismatch<T>(name: string, expected: string, found: unknown, instead: T): T {
    this.#findings.mismatch(`${this.#path}${name}`, expected, found);
    return instead;
  }
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
