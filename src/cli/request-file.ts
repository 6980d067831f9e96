import { LosslessNumber, parse } from "lossless-json";

import type { RerunRequest } from "../avro/wire-types.ts";
import { JsonToWire, type AvroSchema } from "./json-to-wire.ts";

export interface RequestFileOptions {
  /** The text of the request schema. */
  readonly schemaText: string;
  /** For requests that do not say it themselves; null: they must. */
  readonly requestedBy: string | null;
  /** For requests without requestedAt, in milliseconds since the epoch. */
  readonly now: number;
  /** Makes the ids of requests that come without one. */
  readonly newId: () => string;
}

/** Either all requests of a file, or everything that is wrong with it, with paths. */
export type RequestFile =
  | { readonly kind: "requests"; readonly requests: readonly RerunRequest[] }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** One JSON value of the file and how its problems' paths begin. */
interface Item {
  readonly path: string;
  readonly value: unknown;
}

/** Reads requests from JSON: one object, an array of them, or JSON lines. */
export function parseRequestFile(text: string, options: RequestFileOptions): RequestFile {
  const items = itemsOf(text);
  if (typeof items === "string") return { kind: "problems", problems: [items] };
  if (items.length === 0) return { kind: "problems", problems: ["there is no request in it"] };
  const schema = JSON.parse(options.schemaText) as Exclude<AvroSchema, string | readonly unknown[]>;
  const wire = new JsonToWire(schema);
  const requests = items.map(({ path, value }) =>
    wire.convert(schema, withDefaults(value, options), path),
  );
  return wire.problems.length > 0
    ? { kind: "problems", problems: wire.problems }
    : // Without problems every field has the type that the schema, and so the generated type, says.
      { kind: "requests", requests: requests as RerunRequest[] };
}

function withDefaults(value: unknown, { requestedBy, now, newId }: RequestFileOptions): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (value instanceof LosslessNumber) return value;
  return {
    requestId: newId(),
    requestedAt: new LosslessNumber(String(now)),
    ...(requestedBy === null ? {} : { requestedBy }),
    ...value,
  };
}

/** The requests in the text; a string says why it is no JSON. */
function itemsOf(text: string): readonly Item[] | string {
  const whole = tryParse(text);
  if ("value" in whole) {
    if (!Array.isArray(whole.value)) return [{ path: "", value: whole.value }];
    return whole.value.map((value: unknown, index) => ({ path: `[${index}]`, value }));
  }
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const written = lines.filter(({ line }) => line !== "");
  if (written.length === 0) return [];
  const parsed = written.map(({ line, number }) => ({ number, ...tryParse(line) }));
  // Only where the first line is JSON by itself can the file be JSON lines.
  if (!parsed.some((one) => "value" in one)) return `not JSON: ${whole.error}`;
  const bad = parsed.find((one) => "error" in one);
  if (bad !== undefined && "error" in bad) return `line ${bad.number}: not JSON: ${bad.error}`;
  return parsed.map((one) => ({ path: `line ${one.number}`, value: "value" in one && one.value }));
}

function tryParse(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: parse(text) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
