import {
  type Alias,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Document,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { type Findings } from "./config-problem.ts";
import { childPath, type ConfigValue } from "./config-value.ts";

// Far above any real config; aliases of aliases would otherwise grow without end.
const MOST_VALUES = 20_000;
const DEEPEST = 64;

const STRAY_ALIAS = "an alias (*…) without an anchor; put text that begins with * in quotes";

/**
 * Own wordings: the parser's quote the text that they stumbled over, which may be a password whose
 * first character means something in YAML.
 */
const WORDING: Partial<Record<ErrorCode, string>> = {
  TAG_RESOLVE_FAILED: "an unknown tag (!…); put text that begins with ! in quotes",
  BAD_SCALAR_START: "a character that cannot begin plain text; put the text in quotes",
  BAD_DQ_ESCAPE: 'an unknown \\ escape within "…"; use single quotes',
  BAD_INDENT: "wrong indentation",
  TAB_AS_INDENT: "a tab as indentation",
  MISSING_CHAR: "a missing character, a quote, bracket, comma or blank for example",
  MULTIPLE_DOCS: "a second document (---)",
  BLOCK_AS_IMPLICIT_KEY: "a mapping on the line of its key",
  MULTILINE_IMPLICIT_KEY: "a key without ':' or text that goes on over several lines",
};

/**
 * The values of a YAML text, references not yet replaced. Adds a problem for every syntax error and
 * repeated key; undefined when the text cannot be read at all.
 */
export function readYamlTree(text: string, findings: Findings): ConfigValue | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: "error",
  });
  const complaints = [...document.errors, ...document.warnings];
  for (const { pos, code } of complaints) {
    const { line, col } = lines.linePos(pos[0]);
    const wording = WORDING[code] ?? `text that cannot be read here (${code})`;
    findings.add(`line ${line}, column ${col}`, wording, "valid YAML");
  }
  if (complaints.length > 0) return undefined;
  return new TreeReader(document, lines, findings).read();
}

class TreeReader {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #findings: Findings;
  #seen = 0;

  constructor(document: Document.Parsed, lines: LineCounter, findings: Findings) {
    this.#document = document;
    this.#lines = lines;
    this.#findings = findings;
  }

  read(): ConfigValue | undefined {
    const value = this.#value(this.#document.contents, "", 0);
    if (this.#seen <= MOST_VALUES) return value;
    this.#findings.add("", `more than ${MOST_VALUES} values or ${DEEPEST} levels`, "less");
    return undefined;
  }

  #value(node: unknown, path: string, depth: number): ConfigValue {
    this.#seen += depth > DEEPEST ? MOST_VALUES : 1;
    if (this.#seen > MOST_VALUES) return scalar(null);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      return target === undefined ? this.#strayAlias(node) : this.#value(target, path, depth + 1);
    }
    if (isMap(node)) return this.#map(node, path, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, i) => this.#value(item, `${path}[${i}]`, depth + 1));
      return { kind: "list", items };
    }
    return scalar(isScalar(node) ? node.value : null);
  }

  #map(map: YAMLMap, path: string, depth: number): ConfigValue {
    const entries = new Map<string, ConfigValue>();
    const lineOfKey = new Map<string, number>();
    for (const pair of map.items) {
      const key = keyOf(pair);
      const at = childPath(path, key);
      const line = this.#lineOf(pair);
      const before = lineOfKey.get(key);
      if (before !== undefined) {
        this.#findings.add(at, `the key in line ${before} and in line ${line}`, "each key once");
      }
      lineOfKey.set(key, line);
      entries.set(key, this.#value(pair.value, at, depth + 1));
    }
    return { kind: "map", entries };
  }

  /** The parser lets these pass; a password that begins with `*` would become null. */
  #strayAlias(alias: Alias): ConfigValue {
    const { line, col } = this.#lines.linePos(alias.range?.[0] ?? 0);
    this.#findings.add(`line ${line}, column ${col}`, STRAY_ALIAS, "valid YAML");
    return { kind: "scalar", value: null, origin: "missing" };
  }

  #lineOf(pair: Pair): number {
    const key = pair.key as Node | null; // parsed pairs have nodes as keys
    return this.#lines.linePos(key?.range?.[0] ?? 0).line;
  }
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "(a key that is not text)";
}

/** The core schema has no other scalars than these. */
function scalar(value: unknown): ConfigValue {
  const isKnown = typeof value === "string" || typeof value === "number" || value === null;
  const known = isKnown || typeof value === "boolean" ? value : null;
  return { kind: "scalar", value: known, origin: "file" };
}
