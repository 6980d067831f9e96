import { type Findings, showFound } from "./config-problem.ts";
import { childPath, type ConfigValue, type ScalarValue } from "./config-value.ts";

/** What surrounds a config file: everything that its references can name. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Contents of a file that the config names; relative paths are the caller's business. Throws. */
  readonly readFile: (path: string) => string;
  readonly allowMissingSecrets?: MissingSecrets;
  /** When it is read, milliseconds since the epoch, for what depends on the calendar; else now. */
  readonly epoch?: number;
}

/**
 * Which references and files may be missing and become placeholders and warnings: all, none, or
 * those of the providers' credentials, for commands that call no provider.
 */
export type MissingSecrets = boolean | "of-providers";

const OF_PROVIDERS = /^providers\[\d+\]\.credentials(\.|$)/;

/** Whether what stands at this path of the config may be missing. */
export function mayBeMissing(path: string, { allowMissingSecrets }: Surroundings): boolean {
  if (allowMissingSecrets === "of-providers") return OF_PROVIDERS.test(path);
  return allowMissingSecrets === true;
}

// Either a whole reference or the beginning of something that wants to be one.
const REFERENCE = /\$\{(?:(env|file):([^${}]+)\})?/g;
const WHOLE = /^\$\{(?:env|file):[^${}]+\}$/;

/**
 * Replaces `${env:NAME}` and `${file:PATH}` in every value; what they bring is not searched again.
 * One trailing line end of a file is dropped: most editors and `echo` add it.
 */
export function resolveReferences(
  value: ConfigValue,
  surroundings: Surroundings,
  findings: Findings,
): ConfigValue {
  const visit = (one: ConfigValue, path: string): ConfigValue => {
    if (one.kind === "list") {
      return { ...one, items: one.items.map((item, i) => visit(item, `${path}[${i}]`)) };
    }
    if (one.kind === "scalar") return resolveScalar(one, path, surroundings, findings);
    const entries = [...one.entries].map(
      ([key, child]) => [key, visit(child, childPath(path, key))] as const,
    );
    return { kind: "map", entries: new Map(entries) };
  };
  return visit(value, "");
}

function resolveScalar(
  scalar: ScalarValue,
  path: string,
  surroundings: Surroundings,
  findings: Findings,
): ScalarValue {
  const text = scalar.value;
  if (typeof text !== "string" || !text.includes("${")) return scalar;
  const lost: string[] = [];
  const replaced = text.replaceAll(
    REFERENCE,
    (reference: string, kind: string | undefined, name: string | undefined) => {
      const got = name === undefined ? malformed(path, text) : resolve(kind, name, surroundings);
      if (got.kind === "value") return got.value;
      lost.push(reference);
      if (got.kind === "absent" && mayBeMissing(path, surroundings)) {
        findings.warn(path, `${reference} is not there; a placeholder stands for it`);
      } else {
        findings.add(path, got.found, got.expected);
      }
      return "";
    },
  );
  if (lost.length > 0) return { kind: "scalar", value: null, origin: "missing" };
  return {
    kind: "scalar",
    value: replaced,
    origin: WHOLE.test(text) ? "reference" : "mixed",
    ...(text.includes("${file:") ? { written: text } : {}),
  };
}

type Resolved =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "absent" | "malformed"; readonly found: string; readonly expected: string };

function resolve(kind: string | undefined, name: string, surroundings: Surroundings): Resolved {
  return kind === "env" ? fromEnvironment(name, surroundings) : fromFile(name, surroundings);
}

function fromEnvironment(name: string, { env }: Surroundings): Resolved {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return { kind: "value", value };
  const found = `\${env:${name}}, which is not set`;
  return { kind: "absent", found, expected: `${name} in the environment` };
}

function fromFile(path: string, { readFile }: Surroundings): Resolved {
  try {
    return { kind: "value", value: readFile(path).replace(/\r?\n$/, "") };
  } catch (error) {
    const found = `\${file:${path}}, which cannot be read (${errorCode(error)})`;
    return { kind: "absent", found, expected: "a file that this process may read" };
  }
}

function malformed(path: string, text: string): Resolved {
  const found = showFound(path, { kind: "scalar", value: text, origin: "file" });
  const expected =
    "${env:NAME} or ${file:PATH}; text that really contains ${ comes from a variable or a file";
  return { kind: "malformed", found, expected };
}

/** `ENOENT` and its like; messages of other errors may quote what must not be shown. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "no reason given";
}
