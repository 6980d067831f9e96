import { isLosslessNumber } from "lossless-json";

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/** The exact integer in a JSON number or decimal string; null when it is none of that many bits. */
export function integerOf(value: unknown, bits: 32 | 64): bigint | null {
  const text = isLosslessNumber(value) ? value.value : value;
  if (typeof text !== "string" || !/^-?\d{1,20}$/.test(text)) return null;
  const integer = BigInt(text);
  return BigInt.asIntN(bits, integer) === integer ? integer : null;
}

/** Milliseconds since the epoch from a number or an ISO 8601 text with its zone; null for others. */
export function millisOf(value: unknown): number | null {
  const date = typeof value === "string" ? ISO_8601.exec(value)?.[1] : undefined;
  const isText = date !== undefined;
  const millis = isText ? Date.parse(String(value)) : Number(integerOf(value, 64) ?? NaN);
  // Date.parse takes the 30th of February for the 2nd of March.
  const exists = !isText || isoDate(Date.parse(date)) === date;
  return Number.isSafeInteger(millis) && exists ? millis : null;
}

function isoDate(millis: number): string {
  return Number.isNaN(millis) ? "" : new Date(millis).toISOString().slice(0, 10);
}
