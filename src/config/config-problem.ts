import type { ConfigValue, ScalarValue } from "./config-value.ts";

/** One thing that is wrong with a config, in words for the person who wrote it. */
export interface ConfigProblem {
  /** `providers[0].kind`, or the line and column where the file cannot be read as YAML. */
  readonly path: string;
  /** What stands there; never a secret, never what came through a reference. */
  readonly found: string;
  /** What is allowed there, and why where that is not plain. */
  readonly expected: string;
}

/** Something worth telling about a config that is good enough to run. */
export interface ConfigWarning {
  readonly path: string;
  readonly message: string;
}

/** One line per problem, in the order in which they were found. */
export function renderProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ path, found, expected }) => `${path}: found ${found}; expected ${expected}\n`)
    .join("");
}

/** Collects everything that is to be told about one config. */
export class Findings {
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigWarning[] = [];

  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }

  get warnings(): readonly ConfigWarning[] {
    return this.#warnings;
  }

  add(path: string, found: string, expected: string): void {
    this.#problems.push({ path: path === "" ? "(the file)" : path, found, expected });
  }

  warn(path: string, message: string): void {
    this.#warnings.push({ path, message });
  }

  /** Whether nothing is wrong at these paths: only then is their relation worth checking. */
  areClean(paths: readonly string[]): boolean {
    return !this.#problems.some((problem) => paths.includes(problem.path));
  }
}

/** Paths whose literal values are secrets, and the places where one is easily pasted by mistake. */
export function isSecretPath(path: string): boolean {
  return /(^|\.)credentials(\.|\[|$)|(^|\.)sasl$|(^|[.])(password|token|secret|keyFile)$/.test(
    path,
  );
}

/** Keys under `credentials` that name where keys come from, and are no keys themselves. */
const PUBLIC_PATH =
  /\.credentials(\.source)?\.(roleArn|file|profile|tokenFile|sessionName|providerId|providerArn|externalId)$/;

/** What a type looks like: a key that is pasted in its place has digits or capitals. */
const TYPE_PATH = /\.credentials(\.source)?\.type$/;
const LIKE_A_TYPE = /^[a-z-]{1,20}$/;

function isShown(path: string, { value }: ScalarValue): boolean {
  if (!isSecretPath(path) || PUBLIC_PATH.test(path)) return true;
  return TYPE_PATH.test(path) && typeof value === "string" && LIKE_A_TYPE.test(value);
}

/** What a problem may say about the value at a path. */
export function showFound(path: string, value: ConfigValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value.kind === "map") return "a mapping";
  if (value.kind === "list") return value.items.length === 0 ? "an empty list" : "a list";
  if (value.origin !== "file") return "a value that came through a reference (not shown)";
  if (value.value === null) return "null";
  if (!isShown(path, value)) return describeHidden(value);
  return typeof value.value === "string" ? showText(value.value) : String(value.value);
}

function describeHidden({ value }: ScalarValue): string {
  if (value === "") return "an empty text";
  if (typeof value === "string") return "a value (not shown)";
  return typeof value === "number" ? "a number (not shown)" : "true or false (not shown)";
}

const SHOWN_CHARACTERS = 100;

/** A URL's user information and query, and PEM blocks, are secrets wherever they are pasted. */
function showText(text: string): string {
  if (text.includes("-----BEGIN")) return "a PEM text (not shown)";
  const masked = text.replace(/^.*@/s, "[redacted]@").replace(/\?.*$/s, "?[redacted]");
  const shown = masked.length > SHOWN_CHARACTERS ? `${masked.slice(0, SHOWN_CHARACTERS)}…` : masked;
  return JSON.stringify(shown);
}
