import { stringify } from "yaml";

import { MEANINGS } from "../config-meanings.ts";
import { defaultOf, isRequired } from "../config-probe.ts";

const BEGIN =
  "# --- The keys of `config`, from the parser: made by `npm run generate`, do not edit. ---";
const END = "# --- End of what `npm run generate` makes. ---";

/** What the default connection is; its Secret is the one value that must be added. */
const CONNECTION = { name: "wedata", kind: "tencent-wedata", region: "ap-singapore" } as const;

const WIDTH = 100;

/** The values file with its part about the config made anew. Throws when the marks are missing. */
export function withConfigValues(values: string): string {
  const [before, rest] = values.split(`${BEGIN}\n`);
  const after = rest?.split(`${END}\n`)[1];
  if (before === undefined || after === undefined) throw new Error("values.yaml has no marks");
  return `${before}${BEGIN}\n${configValues()}${END}\n${after}`;
}

/** Every key with what it is for: in force where the chart sets it, else as a comment with its default. */
function configValues(): string {
  const sections = [...new Set(Object.keys(MEANINGS).map((path) => path.split(/[.[]/)[0] ?? path))];
  const lines = sections.flatMap((section) => {
    if (section === "providers") return providerLines();
    const isScalar = MEANINGS[section] !== undefined;
    if (isScalar) return leafLines(section, "  # ");
    return [
      `  # -- Section \`${section}\` of the config.`,
      `  ${section}: {}`,
      ...linesBelow(section, "    # "),
    ];
  });
  return [
    "# -- The config file of the service, key by key, as docs/configuration.md describes it. What is left",
    "# out has its default, which stands behind the key. Of the credentials only references may stand here:",
    "# `${file:PATH}` or `${env:NAME}`.",
    "config:",
    ...lines,
    "",
  ].join("\n");
}

function providerLines(): readonly string[] {
  const entries = Object.entries(CONNECTION);
  return [
    "  # -- One entry per account and region; requests name it by `name`. A list of your own replaces this",
    "  # one. Its keys come from the Secret that `providerSecrets` names.",
    "  providers:",
    ...entries.flatMap(([key, value], index) => [
      ...wrapped(MEANINGS[`providers[].${key}`] ?? "", index === 0 ? "    # " : "      # ", "-- "),
      `    ${index === 0 ? "- " : "  "}${key}: ${value}`,
    ]),
    ...linesBelow("providers[]", "      # ", Object.keys(CONNECTION)),
  ];
}

/** The keys below a path as comments; a mapping's keys are indented below it. */
function linesBelow(
  path: string,
  margin: string,
  except: readonly string[] = [],
): readonly string[] {
  const prefix = `${path}.`;
  const below = Object.keys(MEANINGS).filter((one) => one.startsWith(prefix));
  const keys = [...new Set(below.map((one) => one.slice(prefix.length).split(".")[0] ?? ""))];
  return keys
    .filter((key) => !except.includes(key))
    .flatMap((key) => {
      const full = `${prefix}${key}`;
      const hasBelow = below.some((one) => one.startsWith(`${full}.`));
      if (!hasBelow) return leafLines(full, margin);
      const own = MEANINGS[full];
      return [
        ...(own === undefined ? [] : told(own, margin)),
        `${margin}${key.replace("[]", "")}:${remark(full)}`,
        ...linesBelow(full, `${margin}  `),
      ];
    });
}

/** What stands behind a key that has keys below it. */
function remark(path: string): string {
  if (path.endsWith("[]")) return " # a list, whose items have";
  const value = defaultOf(path);
  const isSwitch = value === null || typeof value === "boolean";
  return isSwitch ? ` # ${String(value)} by default, or a mapping of` : "";
}

function leafLines(path: string, margin: string): readonly string[] {
  const key = path.split(".").at(-1) ?? path;
  const value = isRequired(path) ? undefined : defaultOf(path);
  const shown = value === undefined ? "" : ` ${flow(value)}`;
  return [...told(MEANINGS[path] ?? "", margin), `${margin}${key}:${shown}`];
}

/** A meaning that stays a comment when the first mark of its lines is taken away. */
function told(text: string, margin: string): readonly string[] {
  const isOutermost = margin.endsWith("# ");
  return wrapped(text, isOutermost ? margin.replace(/# $/, "## ") : `${margin}# `);
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** A text in lines, none wider than the file. */
function wrapped(text: string, margin: string, first = ""): readonly string[] {
  const lines: string[] = [];
  let line = first.trim();
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (margin.length + longer.length > WIDTH && line !== "") {
      lines.push(`${margin}${line}`);
      line = word;
    } else line = longer;
  }
  return [...lines, `${margin}${line}`];
}
