import { parse } from "lossless-json";
import type { AlibabaAnswer } from "./alibaba-sdk.ts";

/** The fields of a JSON object that somebody else wrote. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of an answer; null unless it came with HTTP 200 and is a JSON object. Integers that a
 * double would round are decimal strings.
 */
export function fieldsOf({ status, text }: AlibabaAnswer): Fields | null {
  if (status !== 200) return null;
  try {
    const value: unknown = parse(text, null, exactNumber);
    return isFields(value) ? value : null;
  } catch {
    // Not JSON is one of the answers that tell nothing.
    return null;
  }
}

/** A field that is an object itself. */
export function objectIn(fields: Fields, name: string): Fields | null {
  const value = ownField(fields, name);
  return isFields(value) ? value : null;
}

/** A field that is a list, its objects only; null when there is no list. */
export function rowsIn(fields: Fields, name: string): readonly Fields[] | null {
  const value = ownField(fields, name);
  return Array.isArray(value) ? value.filter(isFields) : null;
}

/** A field's text without the space around it; null when there is none. */
export function textIn(fields: Fields, name: string): string | null {
  const value = ownField(fields, name);
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? null : text;
}

/** An int64 in decimal, whether the field is a number or a text. */
export function idIn(fields: Fields, name: string): string | null {
  const value = ownField(fields, name);
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^-?\d{1,19}$/.test(text) ? text : null;
}

/** A counter or a time in milliseconds, whether the field is a number or a text. */
export function integerIn(fields: Fields, name: string): number | null {
  const id = idIn(fields, name);
  const integer = id === null ? NaN : Number(id);
  return Number.isSafeInteger(integer) ? integer : null;
}

/** A field that says yes or no; null when it says neither. */
export function booleanIn(fields: Fields, name: string): boolean | null {
  const value = ownField(fields, name);
  return typeof value === "boolean" ? value : null;
}

/** The names are the provider's text: `constructor` must not find what every object has. */
function ownField(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function exactNumber(text: string): number | string {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? text : number;
}
