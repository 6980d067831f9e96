import { type CloudError } from "./answer.ts";

/** What one parameter of a query or form may be; `longs` is a JSON text such as `[12,34]`. */
export type TextRule = {
  readonly required?: true;
} & (
  | { readonly type: "string"; readonly oneOf?: readonly string[]; readonly like?: RegExp }
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "boolean" | "long" | "longs" }
);

/** The parameters of one action: everything that may be in its query or form. */
export type TextRules = Readonly<Record<string, TextRule>>;

/** Longs stay decimal text from end to end: a JS number would round them beyond 2^53. */
interface TextTypes {
  string: string;
  integer: number;
  boolean: boolean;
  long: string;
  longs: readonly string[];
}

/** The values that a table of rules lets through. */
export type TextValues<Rules extends TextRules> = {
  readonly [
    Name in keyof Rules as Rules[Name] extends { readonly required: true } ? Name : never
  ]: TextTypes[Rules[Name]["type"]];
} & {
  readonly [
    Name in keyof Rules as Rules[Name] extends { readonly required: true } ? never : Name
  ]?: TextTypes[Rules[Name]["type"]];
};

/** The values, or the first thing that is wrong with them in Alibaba's words. */
export type TextCheck<Rules extends TextRules> =
  | { readonly kind: "values"; readonly values: TextValues<Rules> }
  | { readonly kind: "wrong"; readonly error: CloudError };

/**
 * Holds a query or form against its table.
 *
 * The codes have the shape of Alibaba's (`MissingParameter`, `InvalidParameter`, HTTP 400); the exact
 * ones of DataWorks are published nowhere. That unknown names are refused is our strictness.
 */
export function checkText<Rules extends TextRules>(
  rules: Rules,
  given: URLSearchParams,
): TextCheck<Rules> {
  const values: Record<string, unknown> = {};
  for (const name of given.keys()) {
    if (!Object.hasOwn(rules, name)) {
      return wrong("InvalidParameter", `The parameter ${name} is not known to this action.`);
    }
  }
  for (const [name, rule] of Object.entries(rules)) {
    const [text, ...more] = given.getAll(name);
    if (text === undefined || text === "") {
      if (rule.required === true) {
        return wrong("MissingParameter", `${name} is mandatory for this action.`);
      }
      continue;
    }
    const value = more.length > 0 ? undefined : readText(rule, text);
    if (value === undefined) {
      return wrong("InvalidParameter", `The specified parameter ${name} is not valid.`);
    }
    values[name] = value;
  }
  // The rules have just been held against every one of its values.
  return { kind: "values", values: values as TextValues<Rules> };
}

function readText(rule: TextRule, text: string): unknown {
  switch (rule.type) {
    case "string": {
      const isAllowed = (rule.oneOf?.includes(text) ?? true) && (rule.like?.test(text) ?? true);
      return isAllowed ? text : undefined;
    }
    case "integer": {
      const value = read.integer(text);
      return value !== undefined && value >= rule.min && value <= rule.max ? value : undefined;
    }
    default:
      return read[rule.type](text);
  }
}

const read: { readonly [T in TextRule["type"]]: (text: string) => TextTypes[T] | undefined } = {
  string: (text) => text,
  integer: (text) => (/^(?:0|-?[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined),
  boolean: (text) => (text === "true" || text === "false" ? text === "true" : undefined),
  long: (text) => (isLong(text) ? text : undefined),
  longs: (text) => {
    const inside = /^\s*\[(?<inside>[^[\]]*)\]\s*$/.exec(text)?.groups?.["inside"];
    const parts = inside?.split(",").map((part) => part.trim());
    return parts?.every(isLong) === true ? parts : undefined;
  },
};

function isLong(text: string): boolean {
  return /^(?:0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function wrong(code: string, message: string): { kind: "wrong"; error: CloudError } {
  return { kind: "wrong", error: { code, message, status: 400 } };
}
