import { isInteger, isSafeNumber, parse } from "lossless-json";

/** What can be sent of a request's additional parameters, or why nothing can. */
export type AdditionalParameters =
  | { readonly kind: "parameters"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: "unusable"; readonly why: string };

/**
 * Reads a JSON object whose values are to be sent as they are; those called `named` are left out.
 *
 * Integers that a double cannot hold become BigInt, which Tencent's SDK writes digit by digit. What
 * cannot be sent exactly is unusable rather than changed: other numbers that a double cannot hold,
 * keys called `__proto__` (the SDK would lose them), and a key with two values.
 */
export function additionalParametersOf(
  text: string | null,
  named: ReadonlySet<string>,
): AdditionalParameters {
  if (text === null) return { kind: "parameters", values: {} };
  try {
    const value = parse(text, refuseProto, exactNumber);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { kind: "unusable", why: "it is not a JSON object" };
    }
    const values = Object.entries(value).filter(([name]) => !named.has(name));
    return { kind: "parameters", values: Object.fromEntries(values) };
  } catch (error) {
    return { kind: "unusable", why: error instanceof Error ? error.message : String(error) };
  }
}

function exactNumber(text: string): number | bigint {
  if (isSafeNumber(text)) return Number(text);
  if (isInteger(text)) return BigInt(text);
  throw new Error(`${text} cannot be sent exactly: write it as text if the API takes that`);
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new Error("a parameter cannot be called __proto__");
  return value;
}
