import type { Config, ProviderConfig, StaticCredentials } from "../../src/config/config.ts";
import {
  type ConfigProblem,
  type ConfigWarning,
  renderProblems,
} from "../../src/config/config-problem.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { MissingSecrets } from "../../src/config/references.ts";

export interface Around {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly allowMissingSecrets?: MissingSecrets;
  readonly epoch?: number;
}

/** Parses with a pretended environment and pretended files. */
export function parse(yaml: string, around: Around = {}) {
  const { env = {}, files = {}, allowMissingSecrets, epoch } = around;
  return parseConfig(yaml, {
    env,
    readFile: (path) => {
      const text = files[path];
      if (text !== undefined) return text;
      throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: "ENOENT" });
    },
    ...(allowMissingSecrets === undefined ? {} : { allowMissingSecrets }),
    ...(epoch === undefined ? {} : { epoch }),
  });
}

/** The config of a text that must be right. */
export function configOf(yaml: string, around?: Around): Config {
  return goodOf(yaml, around).config;
}

export function warningsOf(yaml: string, around?: Around): readonly ConfigWarning[] {
  return goodOf(yaml, around).warnings;
}

function goodOf(yaml: string, around: Around | undefined) {
  const parsed = parse(yaml, around);
  if (!parsed.ok) throw new Error(renderProblems(parsed.problems));
  return parsed;
}

/** The credentials of a provider that must have static ones. */
export function staticOf(provider: ProviderConfig | undefined): StaticCredentials {
  if (provider?.credentials.type === "static") return provider.credentials;
  throw new Error("these credentials were to be static");
}

/** The problems of a text that must be wrong. */
export function problemsOf(yaml: string, around?: Around): readonly ConfigProblem[] {
  const parsed = parse(yaml, around);
  if (parsed.ok) throw new Error("this config was to be refused");
  return parsed.problems;
}

export function pathsOf(yaml: string, around?: Around): readonly string[] {
  return problemsOf(yaml, around).map(({ path }) => path);
}

/** The one problem of a text. */
export function onlyProblemOf(yaml: string, around?: Around): ConfigProblem {
  const [first, ...others] = problemsOf(yaml, around);
  if (first === undefined || others.length > 0) {
    throw new Error(`expected one problem, got ${JSON.stringify([first, ...others], null, 2)}`);
  }
  return first;
}

/** A config with one sound provider; `provider` and `root` are YAML flow entries put into it. */
export function aConfig({ provider = "", root = "" } = {}): string {
  const defaults = {
    name: "wedata",
    kind: "tencent-wedata",
    region: "ap-singapore",
    credentials: "{ type: static, id: AKID, secret: SK }",
  };
  const entries = Object.entries(defaults)
    .filter(([key]) => !provider.startsWith(`${key}:`))
    .map(([key, value]) => `${key}: ${value}`);
  const all = [...entries, ...(provider === "" ? [] : [provider])].join(", ");
  return `{ providers: [{ ${all} }]${root === "" ? "" : `, ${root}`} }`;
}
