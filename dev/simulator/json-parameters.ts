import { type CloudError } from "./answer.ts";

/** What one parameter of a JSON body may be. */
export type JsonRule = {
  readonly required?: true;
} & (
  | { readonly type: "string"; readonly oneOf?: readonly string[]; readonly like?: RegExp }
  | { readonly type: "integer"; readonly min?: number; readonly max?: number }
  | { readonly type: "boolean" | "strings" | "integers" }
  | { readonly type: "object" | "objects"; readonly fields: JsonRules }
);

/** The parameters of one action: everything that may be in its body. */
export type JsonRules = Readonly<Record<string, JsonRule>>;

type JsonValue<Rule extends JsonRule> = Rule extends {
  readonly type: "object" | "objects";
  readonly fields: infer Fields extends JsonRules;
}
  ? Rule["type"] extends "object"
    ? JsonValues<Fields>
    : readonly JsonValues<Fields>[]
  : {
      string: string;
      boolean: boolean;
      integer: number;
      strings: readonly string[];
      integers: readonly number[];
      object: never;
      objects: never;
    }[Rule["type"]];

/** The values that a table of rules lets through. */
export type JsonValues<Rules extends JsonRules> = {
  readonly [
    Name in keyof Rules as Rules[Name] extends { readonly required: true } ? Name : never
  ]: JsonValue<Rules[Name]>;
} & {
  readonly [
    Name in keyof Rules as Rules[Name] extends { readonly required: true } ? never : Name
  ]?: JsonValue<Rules[Name]>;
};

/** The values, or the first thing that is wrong with them in Tencent's words. */
export type JsonCheck<Rules extends JsonRules> =
  | { readonly kind: "values"; readonly values: JsonValues<Rules> }
  | { readonly kind: "wrong"; readonly error: CloudError };

/**
 * Holds a body against its table.
 *
 * Codes: Tencent's common error list (UnknownParameter, MissingParameter, InvalidParameter for a
 * wrong type, InvalidParameterValue for a value that is not allowed).
 */
export function checkJson<Rules extends JsonRules>(
  rules: Rules,
  body: Readonly<Record<string, unknown>>,
): JsonCheck<Rules> {
  const error = firstProblem(rules, body, "");
  if (error !== undefined) {
    return { kind: "wrong", error };
  }
  // The rules have just been held against every one of its values.
  return { kind: "values", values: body as JsonValues<Rules> };
}

/** Rules for texts that may be left out, by their names alone. */
export function optionalTexts<const Name extends string>(
  ...names: readonly Name[]
): Readonly<Record<Name, { readonly type: "string" }>> {
  const rules = names.map((name) => [name, { type: "string" }] as const);
  // Object.fromEntries forgets the names that it was given.
  return Object.fromEntries(rules) as Record<Name, { readonly type: "string" }>;
}

/** Whether a JSON value is an object with names. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstProblem(
  rules: JsonRules,
  body: Readonly<Record<string, unknown>>,
  prefix: string,
): CloudError | undefined {
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(rules, name));
  if (unknown !== undefined) {
    return problem("UnknownParameter", `The parameter \`${prefix}${unknown}\` is not recognized.`);
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = body[name];
    const found =
      value === undefined ? missing(rule, prefix + name) : wrong(rule, prefix + name, value);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function missing(rule: JsonRule, name: string): CloudError | undefined {
  return rule.required === true
    ? problem("MissingParameter", `The request is missing the required parameter \`${name}\`.`)
    : undefined;
}

function wrong(rule: JsonRule, name: string, value: unknown): CloudError | undefined {
  if (!hasType(rule, value)) {
    return problem(
      "InvalidParameter",
      `The type of value of parameter \`${name}\` is not correct.`,
    );
  }
  if (rule.type === "object" && isJsonObject(value)) {
    return firstProblem(rule.fields, value, `${name}.`);
  }
  if (Array.isArray(value)) {
    return wrongList(rule, name, value);
  }
  if (
    (rule.type === "string" && typeof value === "string" && !isAllowed(rule, value)) ||
    (rule.type === "integer" && typeof value === "number" && !isBetween(rule, value))
  ) {
    const shown = String(value);
    return problem("InvalidParameterValue", `The value \`${shown}\` of \`${name}\` is not valid.`);
  }
  return undefined;
}

function wrongList(rule: JsonRule, name: string, list: readonly unknown[]): CloudError | undefined {
  if (rule.required === true && list.length === 0) {
    return problem("InvalidParameterValue", `The list \`${name}\` is empty.`);
  }
  return rule.type === "objects"
    ? list
        .filter(isJsonObject)
        .map((one, index) => firstProblem(rule.fields, one, `${name}.${index}.`))
        .find((found) => found !== undefined)
    : undefined;
}

function hasType(rule: JsonRule, value: unknown): boolean {
  switch (rule.type) {
    case "string":
    case "boolean":
      return typeof value === rule.type;
    case "integer":
      return Number.isInteger(value);
    case "strings":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "integers":
      return Array.isArray(value) && value.every(Number.isInteger);
    case "objects":
      return Array.isArray(value) && value.every(isJsonObject);
    case "object":
      return isJsonObject(value);
  }
}

function isAllowed(rule: JsonRule & { readonly type: "string" }, value: string): boolean {
  return (
    (rule.oneOf?.includes(value) ?? true) &&
    (rule.like?.test(value) ?? true) &&
    (rule.required !== true || value !== "")
  );
}

function isBetween({ min, max }: JsonRule & { readonly type: "integer" }, value: number): boolean {
  return value >= (min ?? value) && value <= (max ?? value);
}

function problem(code: string, message: string): CloudError {
  return { code, message };
}
