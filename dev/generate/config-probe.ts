import { parse } from "yaml";

import type { Config } from "../../src/config/config.ts";
import type { ConfigProblem } from "../../src/config/config-problem.ts";
import { describeConfig } from "../../src/config/describe-config.ts";
import { parseConfig, type ParsedConfig } from "../../src/config/parse-config.ts";
import { PROVIDER_KIND_OF, type ProviderKind } from "../../src/domain/operation.ts";

/** Something that YAML can say. */
export type Tree =
  string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

/** Made-up credentials of the minimal config. */
export const CREDENTIALS = { type: "static", id: "id", secret: "secret" };

/** The smallest config: what is in here has no default. */
export const MINIMAL: Tree = minimalOf("tencent-wedata");

/** The kinds of connections, each once. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  ...new Set(Object.values(PROVIDER_KIND_OF)),
];

/** What must stand beside some keys, so that the parser looks at them. */
const BESIDE: Readonly<Record<string, Tree>> = {
  "kafka.sasl.mechanism": { username: "user", password: "password" },
  "kafka.sasl.username": { mechanism: "scram-sha-512", password: "password" },
  "kafka.sasl.password": { mechanism: "scram-sha-512", username: "user" },
  "kafka.sasl.token": { mechanism: "oauthbearer" },
  "providers[].credentials.file": { type: "profile" },
  "providers[].credentials.profile": { type: "profile" },
  "providers[].credentials.roleArn": { type: "role" },
  "providers[].credentials.sessionName": { type: "role" },
  "providers[].credentials.externalId": { type: "role" },
  "providers[].credentials.source": { type: "role" },
  "providers[].credentials.providerId": { type: "oidc" },
  "providers[].credentials.providerArn": { type: "oidc" },
  "providers[].credentials.tokenFile": { type: "oidc" },
  "schemaRegistry.caFile": { url: "https://localhost:8081" },
};

/** The problems that the parser has with a config. */
export function problemsOf(config: Tree): readonly ConfigProblem[] {
  const parsed = parsedOf(config);
  return parsed.ok ? [] : parsed.problems;
}

/**
 * What the parser says is allowed at a path (`providers[].kind`) of a config whose connection is of
 * this kind. Throws for an unknown key.
 */
export function allowedAt(path: string, kind: ProviderKind = "tencent-wedata"): string {
  // A mapping's key is asked with a text, everything else with a list, which no scalar is.
  for (const wrong of [[], "?"]) {
    const config = withValue(path, wrong, minimalOf(kind));
    const problem = problemsOf(config).find((one) => one.path === concrete(path));
    if (problem?.found === "an unknown key") throw new Error(`${path} is no key of the config`);
    if (problem !== undefined && problem.expected !== "a mapping of keys") return problem.expected;
  }
  return "null or a mapping";
}

/** The keys that the parser knows in the mapping at a path; the root's path is empty. */
export function keysAt(path: string): readonly string[] {
  const odd = path === "" ? "zzz" : `${path}.zzz`;
  const problem = problemsOf(withValue(odd, 1)).find((one) => one.path === concrete(odd));
  const list = /^only ([^;]+)/.exec(problem?.expected ?? "")?.[1];
  if (list === undefined) throw new Error(`${path} is no mapping`);
  return list.split(", ");
}

/** Whether the parser knows the key in a connection of this kind. */
export function isKnown(path: string, kind: ProviderKind): boolean {
  const problems = problemsOf(withValue(path, [], minimalOf(kind)));
  return !problems.some((one) => one.path === concrete(path) && one.found === "an unknown key");
}

/**
 * The default of a key as `check` prints it, with a connection of this kind; undefined when `check`
 * does not print the key.
 */
export function defaultOf(path: string, kind: ProviderKind = "tencent-wedata"): Tree | undefined {
  return valueAt(parse(describeConfig(minimalConfig(kind))) as Tree, path); // YAML is such a tree
}

/** What the parser makes of the smallest config with a connection of this kind. */
export function minimalConfig(kind: ProviderKind): Config {
  const parsed = parsedOf(minimalOf(kind));
  if (!parsed.ok) throw new Error("the minimal config has problems");
  return parsed.config;
}

/** Whether a config without the key is refused. */
export function isRequired(path: string): boolean {
  return valueAt(MINIMAL, path) !== undefined;
}

function minimalOf(kind: ProviderKind): Tree {
  return {
    providers: [{ name: "example", kind, region: "ap-singapore", credentials: CREDENTIALS }],
  };
}

function parsedOf(config: Tree): ParsedConfig {
  const readFile = (): never => {
    throw new Error("there are no files here");
  };
  return parseConfig(JSON.stringify(config), { env: {}, readFile });
}

function concrete(path: string): string {
  return path.replaceAll("[]", "[0]");
}

function valueAt(tree: Tree, path: string): Tree | undefined {
  let value: Tree | undefined = tree;
  for (const step of stepsOf(path)) {
    value = (value as Readonly<Record<string, Tree>> | null | undefined)?.[step]; // lists too
  }
  return value;
}

/** A config of the smallest kind with one value put at a path. */
export function withValue(path: string, value: Tree, config: Tree = MINIMAL): Tree {
  return put(config, stepsOf(path), value, BESIDE[path] ?? {});
}

function put(tree: Tree | undefined, steps: readonly string[], value: Tree, beside: Tree): Tree {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  const child = (from: Tree | undefined) => put(from, rest, value, beside);
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(child);
  if (step === "0") return [child(tree)];
  const siblings = rest.length === 0 ? beside : {};
  const known = (tree ?? {}) as Readonly<Record<string, Tree>>; // no scalar has keys
  return { ...known, ...(siblings as object), [step]: child(known[step]) };
}

/** `providers[].kind` as keys, a list's item being its first. */
function stepsOf(path: string): readonly string[] {
  return path.replaceAll("[]", ".0").split(".");
}
