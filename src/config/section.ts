import { Secret } from "../domain/secret.ts";
import { closestName } from "./closest-name.ts";
import { type Findings, isSecretPath, showFound } from "./config-problem.ts";
import {
  booleanOf,
  childPath,
  type ConfigValue,
  isMissing,
  numberOf,
  type Place,
  type ScalarValue,
  textOf,
} from "./config-value.ts";
import { formatDuration, parseDuration } from "./duration.ts";

/** Stands for a required value that is wrong or missing; it reaches nobody but under `--no-secrets`. */
export const PLACEHOLDER = "unset";

/** What a text must be like. Without a default it must be there. */
export interface TextRule {
  readonly expected: string;
  readonly matches?: RegExp;
  readonly default?: string;
}

export interface NumberRule {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/**
 * One mapping of the config file, read key by key.
 *
 * Every reading method returns a usable value and never throws: what is wrong becomes a problem,
 * and a config with problems is used by nobody. Opening a section reports its unknown keys.
 */
export class Section {
  readonly path: string;
  readonly #entries: ReadonlyMap<string, ConfigValue>;
  readonly #findings: Findings;
  readonly #defaults = new Map<string, string>();

  /** `keys` are those that the caller reads; nothing and null are an empty mapping. */
  constructor(place: Place, keys: readonly string[], findings: Findings) {
    this.path = place.path;
    this.#findings = findings;
    this.#entries = entriesOf(place, findings);
    for (const [key, value] of this.#entries) {
      if (!keys.includes(key)) this.#refuseUnknown(key, value, keys);
    }
  }

  place(key: string): Place {
    return { path: childPath(this.path, key), value: this.#entries.get(key) };
  }

  /** Whether the key is there with a value other than null. */
  has(key: string): boolean {
    const value = this.#entries.get(key);
    return value !== undefined && !(value.kind === "scalar" && value.value === null);
  }

  /** The same, counting a reference that could not be replaced. */
  isGiven(key: string): boolean {
    return this.has(key) || isMissing(this.#entries.get(key));
  }

  section(key: string, keys: readonly string[]): Section {
    return new Section(this.place(key), keys, this.#findings);
  }

  /** The items of a list; nothing and null are an empty one. */
  items(key: string, expected: string): readonly Place[] {
    const { path, value } = this.place(key);
    if (value?.kind === "list") {
      return value.items.map((item, i) => ({ path: `${path}[${i}]`, value: item }));
    }
    if (this.has(key)) this.refuse(key, expected);
    return [];
  }

  texts(key: string, rule: TextRule & { readonly expectedList: string }): readonly string[] {
    return this.items(key, rule.expectedList).map((place) => {
      const convert = (scalar: ScalarValue) => fittingText(scalar, rule);
      return this.#convert(place, convert, rule.expected) ?? PLACEHOLDER;
    });
  }

  text(key: string, rule: TextRule): string {
    const place = this.place(key);
    const convert = (scalar: ScalarValue) => fittingText(scalar, rule);
    if (place.value === undefined && rule.default !== undefined) return rule.default;
    return this.#convert(place, convert, rule.expected) ?? rule.default ?? PLACEHOLDER;
  }

  /** Null when the key is absent or null. */
  optionalText(key: string, rule: TextRule): string | null {
    return this.isGiven(key) ? this.text(key, rule) : null;
  }

  secret(key: string, rule: TextRule): Secret {
    return new Secret(this.text(key, this.#quoted(key, rule)));
  }

  optionalSecret(key: string, rule: TextRule): Secret | null {
    return this.isGiven(key) ? this.secret(key, rule) : null;
  }

  integer(key: string, rule: NumberRule): number {
    const expected = `a whole number from ${rule.min} to ${rule.max}`;
    const convert = (scalar: ScalarValue) => within(numberOf(scalar), rule);
    return this.#withDefault(key, String(rule.default), rule.default, convert, expected);
  }

  /** Milliseconds; so are the bounds. */
  duration(key: string, rule: NumberRule): number {
    const range = `from ${formatDuration(rule.min)} to ${formatDuration(rule.max)}`;
    const expected = `a duration ${range}, written like 250ms, 5s, 10m or 24h`;
    const convert = (scalar: ScalarValue) =>
      within(parseDuration(textOf(scalar) ?? "", rule.max), rule);
    return this.#withDefault(key, formatDuration(rule.default), rule.default, convert, expected);
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.#withDefault(key, String(fallback), fallback, booleanOf, "true or false");
  }

  /** One of a closed list; undefined when it is none of them, which has been reported. */
  choice<const T extends string>(key: string, allowed: readonly T[], fallback?: T): T | undefined {
    const place = this.place(key);
    if (place.value === undefined && fallback !== undefined) return fallback;
    const typed = place.value?.kind === "scalar" ? textOf(place.value) : undefined;
    const list = allowed.length === 1 ? String(allowed[0]) : `one of ${allowed.join(", ")}`;
    const chosen = allowed.find((one) => one === typed);
    if (chosen !== undefined || isMissing(place.value)) return chosen ?? fallback ?? allowed[0];
    const near = closestName(typed ?? "", allowed);
    this.refuse(key, near === undefined ? list : `${list}; did you mean ${near}?`);
    return undefined;
  }

  /** Adds a problem about the value of a key. */
  refuse(key: string, expected: string): void {
    const { path, value } = this.place(key);
    this.#findings.add(path, showFound(path, value), expected);
  }

  /** What the file says for a key, or its default, for explaining a relation. */
  shown(key: string): string {
    const { path, value } = this.place(key);
    if (value !== undefined) return showFound(path, value);
    return `${this.#defaults.get(key) ?? "nothing"} by default`;
  }

  /** Adds a problem about how a key relates to others, unless one of them is wrong in itself. */
  relate(key: string, isRight: boolean, others: readonly string[], expected: string): void {
    const paths = [key, ...others].map((one) => childPath(this.path, one));
    if (isRight || !this.#findings.areClean(paths)) return;
    this.#findings.add(childPath(this.path, key), this.shown(key), expected);
  }

  /** The rule, with what to do where YAML takes digits or a word for something else than text. */
  #quoted(key: string, rule: TextRule): TextRule {
    const { value } = this.place(key);
    const isOther = value?.kind === "scalar" && ["number", "boolean"].includes(typeof value.value);
    return isOther ? { ...rule, expected: `${rule.expected}: put it in quotes` } : rule;
  }

  #withDefault<T>(
    key: string,
    shownDefault: string,
    fallback: T,
    convert: (scalar: ScalarValue) => T | undefined,
    expected: string,
  ): T {
    this.#defaults.set(key, shownDefault);
    const place = this.place(key);
    if (place.value === undefined) return fallback;
    return this.#convert(place, convert, expected) ?? fallback;
  }

  #convert<T>(
    { path, value }: Place,
    convert: (scalar: ScalarValue) => T | undefined,
    expected: string,
  ): T | undefined {
    if (isMissing(value)) return undefined;
    const converted = value?.kind === "scalar" ? convert(value) : undefined;
    if (converted === undefined) this.#findings.add(path, showFound(path, value), expected);
    return converted;
  }

  #refuseUnknown(key: string, value: ConfigValue, known: readonly string[]): void {
    // `{ type: static, hunter2 }` makes the password a key: what has no value is not repeated.
    const isBare = value.kind === "scalar" && value.value === null && value.origin === "file";
    const hidden = isBare && (isSecretPath(this.path) || !/^[A-Za-z]{1,30}$/.test(key));
    const near = closestName(key, known);
    const list = known.length === 0 ? "no keys here" : `only ${known.join(", ")}`;
    this.#findings.add(
      hidden ? this.path : childPath(this.path, key),
      hidden ? "an unknown key (not shown)" : "an unknown key",
      near === undefined ? list : `${list}; did you mean ${near}?`,
    );
  }
}

function entriesOf({ path, value }: Place, findings: Findings): ReadonlyMap<string, ConfigValue> {
  if (value?.kind === "map") return value.entries;
  const isEmpty = value === undefined || (value.kind === "scalar" && value.value === null);
  if (!isEmpty) findings.add(path, showFound(path, value), "a mapping of keys");
  return new Map();
}

function within(value: number | undefined, { min, max }: NumberRule): number | undefined {
  if (value === undefined || !Number.isInteger(value)) return undefined;
  return value >= min && value <= max ? value : undefined;
}

function fittingText(scalar: ScalarValue, { matches }: TextRule): string | undefined {
  const text = textOf(scalar);
  if (text === undefined || text === "") return undefined;
  return matches === undefined || matches.test(text) ? text : undefined;
}
