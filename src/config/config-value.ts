/** A value as it stands in the config file, references replaced, not yet checked. */
export type ConfigValue = ScalarValue | ListValue | MapValue;

export interface ScalarValue {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly origin: ValueOrigin;
  /** The text with its references, kept where one names a file: that file may be read again. */
  readonly written?: string;
}

/**
 * Where a scalar came from.
 *
 * - `file`: it stands in the file.
 * - `reference`: the whole of it is one `${…}`, so its text may become a number or a boolean.
 * - `mixed`: text with a `${…}` inside.
 * - `missing`: a `${…}` that could not be replaced, which was reported or is tolerated: whoever
 *   reads it takes a placeholder and says nothing more.
 */
type ValueOrigin = "file" | "reference" | "mixed" | "missing";

interface ListValue {
  readonly kind: "list";
  readonly items: readonly ConfigValue[];
}

interface MapValue {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, ConfigValue>;
}

/** A value together with its place in the file, `providers[0].kind` for example. */
export interface Place {
  readonly path: string;
  readonly value: ConfigValue | undefined;
}

/** The path of a key within the mapping at `path`; the root's path is empty. */
export function childPath(path: string, key: string): string {
  const plain = /^[\w-]+$/.test(key);
  if (path === "") return plain ? key : JSON.stringify(key);
  return plain ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** Whether a value is a reference that could not be replaced. */
export function isMissing(value: ConfigValue | undefined): boolean {
  return value?.kind === "scalar" && value.origin === "missing";
}

/** The text of a scalar, or undefined for numbers, booleans and null: `0123` is not `"0123"`. */
export function textOf(scalar: ScalarValue): string | undefined {
  return typeof scalar.value === "string" ? scalar.value : undefined;
}

/** A number, also from the text of a reference: variables and files have no other type. */
export function numberOf(scalar: ScalarValue): number | undefined {
  if (typeof scalar.value === "number") return scalar.value;
  if (scalar.origin !== "reference" || typeof scalar.value !== "string") return undefined;
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(scalar.value) ? Number(scalar.value) : undefined;
}

/** A boolean, also from the text of a reference. */
export function booleanOf(scalar: ScalarValue): boolean | undefined {
  if (typeof scalar.value === "boolean") return scalar.value;
  if (scalar.origin !== "reference") return undefined;
  if (scalar.value === "true") return true;
  return scalar.value === "false" ? false : undefined;
}
