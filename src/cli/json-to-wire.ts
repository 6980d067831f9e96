import { isLosslessNumber } from "lossless-json";

import { integerOf, millisOf } from "./json-scalars.ts";

/** A schema as it stands in an .avsc file, as far as requests need one. */
export type AvroSchema = string | readonly AvroSchema[] | AvroObject;

interface AvroObject {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly fields?: readonly AvroField[];
}

interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly default?: unknown;
}

/**
 * Turns JSON into the value of an Avro record, as `submit` takes it: int64 as a bare number or a
 * decimal string, timestamps as ISO 8601 or milliseconds, a union's record as `{ "Name": … }`,
 * defaulted fields filled in. JSON numbers come as lossless-json's, so that int64 is exact.
 */
export class JsonToWire {
  readonly #problems: string[] = [];
  readonly #named = new Map<string, AvroObject>();
  readonly #namespace: string;

  constructor(schema: AvroObject) {
    this.#namespace = schema.namespace ?? "";
    this.#collect(schema);
  }

  /** Everything that was wrong with the values converted so far, each with its path. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The wire value; what it is for bad input does not matter, `problems` says what was wrong. */
  convert(schema: AvroSchema, value: unknown, path: string): unknown {
    if (typeof schema === "string") {
      const named = this.#named.get(schema);
      return named === undefined
        ? this.#primitive(schema, value, path)
        : this.convert(named, value, path);
    }
    if (isUnion(schema)) return this.#union(schema, value, path);
    if (schema.logicalType === "timestamp-millis") return this.#timestamp(value, path);
    if (schema.type === "record") return this.#record(schema, value, path);
    if (schema.type === "enum") return this.#enum(schema.symbols ?? [], value, path);
    if (schema.type === "array") return this.#array(schema.items ?? "null", value, path);
    if (schema.type === "map") return this.#map(schema.values ?? "null", value, path);
    return this.convert(schema.type, value, path);
  }

  #record({ fields = [] }: AvroObject, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#wrong(path, value, "an object");
    const known = new Set(fields.map(({ name }) => name));
    for (const name of Object.keys(value).filter((one) => !known.has(one))) {
      this.#problem(join(path, name), `unknown field; known are ${[...known].join(", ")}`);
    }
    return Object.fromEntries(
      fields.map((field) => [field.name, this.#field(field, value, join(path, field.name))]),
    );
  }

  #field({ name, type, default: fallback }: AvroField, record: object, path: string): unknown {
    const given: unknown = Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined;
    if (given !== undefined) return this.convert(type, given, path);
    if (fallback === undefined) return this.#problem(path, "is missing");
    return fallback;
  }

  #union(branches: readonly AvroSchema[], value: unknown, path: string): unknown {
    if (branches.includes("null")) {
      const [other = "null"] = branches.filter((branch) => branch !== "null");
      return value === null ? null : this.convert(other, value, path);
    }
    const records = branches.filter((branch): branch is AvroObject => {
      return typeof branch === "object" && !isUnion(branch);
    });
    const names = records.map(({ name = "" }) => name);
    const expected = `an object with one of the keys ${names.join(", ")}`;
    if (!isObject(value)) return this.#wrong(path, value, expected);
    const [key = "", ...more] = Object.keys(value);
    const chosen = records.find(({ name }) => key === name || key === this.#fullName(name));
    if (chosen === undefined || more.length > 0) {
      const found = Object.keys(value).join(", ") || "no key";
      return this.#problem(path, `expected ${expected}, found ${found}`);
    }
    const inner = this.convert(chosen, Reflect.get(value, key), join(path, key));
    return { [this.#fullName(chosen.name)]: inner };
  }

  #primitive(type: string, value: unknown, path: string): unknown {
    if (type === "string") {
      return typeof value === "string" ? value : this.#wrong(path, value, "a string");
    }
    if (type === "boolean") {
      return typeof value === "boolean" ? value : this.#wrong(path, value, "true or false");
    }
    if (type === "int") {
      const int = integerOf(value, 32);
      const isString = typeof value === "string";
      return int === null || isString ? this.#wrong(path, value, "a 32-bit integer") : Number(int);
    }
    return (
      integerOf(value, 64) ??
      this.#wrong(path, value, "a 64-bit integer, as a number or a decimal string")
    );
  }

  #timestamp(value: unknown, path: string): unknown {
    const expected = "a time as ISO 8601 with its zone, or milliseconds since 1970";
    return millisOf(value) ?? this.#wrong(path, value, expected);
  }

  #enum(symbols: readonly string[], value: unknown, path: string): unknown {
    return typeof value === "string" && symbols.includes(value)
      ? value
      : this.#wrong(path, value, `one of ${symbols.join(", ")}`);
  }

  #array(items: AvroSchema, value: unknown, path: string): unknown {
    if (!Array.isArray(value)) return this.#wrong(path, value, "an array");
    return value.map((item, index) => this.convert(items, item, `${path}[${index}]`));
  }

  #map(values: AvroSchema, value: unknown, path: string): unknown {
    if (!isObject(value)) return this.#wrong(path, value, "an object");
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, this.convert(values, inner, join(path, key))]),
    );
  }

  #wrong(path: string, value: unknown, expected: string): null {
    return this.#problem(path, `expected ${expected}, found ${describe(value)}`);
  }

  #problem(path: string, message: string): null {
    this.#problems.push(`${path}: ${message}`);
    return null;
  }

  #fullName(name = ""): string {
    return `${this.#namespace}.${name}`;
  }

  #collect(schema: AvroSchema): void {
    if (typeof schema === "string") return;
    if (isUnion(schema)) {
      schema.forEach((branch) => this.#collect(branch));
      return;
    }
    if (schema.name !== undefined) this.#named.set(schema.name, schema);
    if (schema.items !== undefined) this.#collect(schema.items);
    if (schema.fields !== undefined) schema.fields.forEach(({ type }) => this.#collect(type));
  }
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

function isObject(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value)
  );
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (isLosslessNumber(value)) return value.value;
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
