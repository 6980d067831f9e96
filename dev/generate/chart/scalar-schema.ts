import { LONGEST_DURATION_MS, parseDuration } from "../../../src/config/duration.ts";
import { CIDR, COLON_PORT, HOST, LOOPBACK } from "./address-pattern.ts";
import type { JsonSchema } from "./json-schema.ts";
import { alternatives, numberPattern } from "./number-pattern.ts";

/** A value that comes from elsewhere: `${env:NAME}` or `${file:PATH}`. */
const REFERENCE = String.raw`\$\{(env|file):[^${"$"}{}]+\}`;

/** What nobody may write into a ConfigMap: a reference and nothing beside it. */
export const SECRET_REFERENCE = unshown({ type: "string", pattern: `^${REFERENCE}$` });

/**
 * The same schema, whose error does not show the value: Helm quotes what does not match a pattern, and
 * its output gets into logs.
 */
export function unshown({ pattern, ...rest }: JsonSchema): JsonSchema {
  return pattern === undefined ? rest : { ...rest, not: { not: { pattern } } };
}

/** A file's path; a line end would be that of a pasted file. */
const FILE = String.raw`^/[^\r\n]*$`;

const HTTP = "[Hh][Tt][Tt][Pp]";

const PEM_FILE = "the path of a PEM file";
const INI_FILE = "the absolute path of an INI file";
const ABSOLUTE_PATH = "an absolute path: it is not searched for";
const URL_TEXT = "an http:// or https:// URL, for example http://localhost:8081";
const ENDPOINT = "a host, host:port or URL, or null";

/** A pasted file must not pass for a path because a reference is within it. */
const WHOLE_REFERENCES: readonly string[] = [PEM_FILE, INI_FILE, ABSOLUTE_PATH];

/** Texts that must not hold a log-in, before a host that is a reference either. */
const WITHOUT_LOG_IN: readonly string[] = [URL_TEXT, ENDPOINT];

/** The parser's words for texts, with patterns of their own: a schema's have no look-ahead. */
const TEXTS: Readonly<Record<string, JsonSchema>> = {
  "text of 1 to 200 characters without blanks": { pattern: String.raw`^\S+$`, maxLength: 200 },
  [PEM_FILE]: { pattern: FILE },
  "text; put it in quotes": { minLength: 1 },
  "a topic name: 1 to 249 characters of A-Za-z0-9._-, neither . nor ..": {
    pattern: "^[A-Za-z0-9._-]{1,249}$",
    not: { enum: [".", ".."] },
  },
  [URL_TEXT]: {
    pattern: String.raw`^${HTTP}[Ss]?://${HOST}(${COLON_PORT})?(/([^\s?#%]|%[0-9A-Fa-f]{2})*)?$`,
  },
  "a name of 1 to 64 characters of A-Za-z0-9._-": { pattern: "^[A-Za-z0-9._-]{1,64}$" },
  "a region such as ap-singapore or cn-shanghai": { pattern: "^[a-z0-9-]{1,64}$" },
  [ENDPOINT]: {
    pattern: `^((${HTTP}[Ss]://)?${HOST}|${HTTP}://${LOOPBACK})(${COLON_PORT})?/?$`,
  },
  "text without blanks and line ends": { pattern: String.raw`^\S+$` },
  [INI_FILE]: { pattern: FILE, not: { pattern: String.raw`\.json$` } },
  "the name of a profile, without blanks and brackets": {
    pattern: String.raw`^[^\s\[\]]{1,128}$`,
  },
  "a role such as qcs::cam::uin/100000000001:roleName/reruns": {
    pattern: String.raw`^(qcs::cam::|acs:ram::)\S+$`,
  },
  "2 to 128 characters of A-Za-z0-9_+=,.@-": { pattern: "^[A-Za-z0-9_+=,.@-]{2,128}$" },
  "2 to 1224 characters without blanks": {
    pattern: String.raw`^\S+$`,
    minLength: 2,
    maxLength: 1224,
  },
  "the identity provider's name at the cloud": { pattern: String.raw`^\S+$` },
  [ABSOLUTE_PATH]: { pattern: FILE },
  "the name of another connection, or null": { pattern: "^[A-Za-z0-9._-]{1,64}$" },
  'a cron expression of five parts such as "0 22 * * *"': {
    pattern: String.raw`^${cronList(59)} +${cronList(23)}( +\S+){3}$`,
  },
  "a time zone's name": { minLength: 1 },
  text: { minLength: 1 },
  "a host name or address to listen on": { pattern: "^[A-Za-z0-9.:_-]{1,255}$" },
  "host:port of a broker": {
    pattern: `^${HOST}${COLON_PORT}$`,
  },
  "a host suffix of two or more labels, such as example.com": {
    pattern: String.raw`^[a-z0-9-]+(\.[a-z0-9-]+)+$`,
  },
  "a CIDR such as 10.0.0.0/8 or fd00::/8": { pattern: CIDR },
};

/**
 * The schema of what the parser describes with these words, or undefined for words that are not
 * known here. References are allowed, as the parser allows them in any value.
 */
export function scalarSchema(expected: string): JsonSchema | undefined {
  const number = /^a whole number from (\d+) to (\d+)$/.exec(expected);
  if (number !== null) {
    const [, min, max] = number;
    const bounds = { minimum: Number(min), maximum: Number(max) };
    return { type: ["integer", "string"], ...bounds, pattern: `^${REFERENCE}$` };
  }
  if (expected === "true or false") {
    return { type: ["boolean", "string"], pattern: `^${REFERENCE}$` };
  }
  const duration = /^a duration from (\w+) to (\w+)/.exec(expected);
  if (duration !== null) return durationSchema(duration[1] ?? "", duration[2] ?? "");
  const choice = /^one of (\S+(?:, \S+)*)$/.exec(expected);
  if (choice !== null) return choiceSchema((choice[1] ?? "").split(", "));
  const text = TEXTS[expected];
  if (text === undefined) return undefined;
  if (WITHOUT_LOG_IN.includes(expected)) return withoutLogIn(text);
  return withReferences(text, WHOLE_REFERENCES.includes(expected) ? `^${REFERENCE}$` : REFERENCE);
}

/** Any text with an @ passes the pattern, to be refused without being shown. */
function withoutLogIn(text: JsonSchema): JsonSchema {
  const logIn = unshown({ pattern: `^[^@]*(${REFERENCE}[^@]*)?$` });
  return { ...withReferences(text, `${REFERENCE}|@`), ...logIn };
}

function withReferences({ pattern, ...rest }: JsonSchema, references: string): JsonSchema {
  if (pattern === undefined) return { type: "string", ...rest };
  return { type: "string", ...rest, pattern: `(${pattern})|(${references})` };
}

/** The minutes or hours of a cron expression, none of them beyond the last. */
function cronList(last: number): string {
  const number = `0*${numberPattern(0, last)}`;
  const item = `(([*?]|${number}(-${number})?)(/[0-9]+)?|/[0-9]+)`;
  return `${item}(,${item})*`;
}

/** As a pattern: an `enum` beside references would need two schemas, and tell two errors for one. */
function choiceSchema(values: readonly string[]): JsonSchema {
  return { type: "string", pattern: `^${alternatives([...values, REFERENCE])}$` };
}

const UNITS = [
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
] as const;

const LONGEST_MS = 10_000 * 3_600_000;

/** The parser reads no more digits, leading zeros included. */
const LONGEST_DIGITS = 10;

function durationSchema(from: string, to: string): JsonSchema {
  const min = parseDuration(from, LONGEST_MS) ?? 0;
  const max = parseDuration(to, LONGEST_MS) ?? LONGEST_DURATION_MS;
  const patterns = UNITS.flatMap(([unit, size]) => {
    const [first, last] = [Math.ceil(min / size), Math.floor(max / size)];
    if (first > last) return [];
    const zeros = LONGEST_DIGITS - String(last).length;
    return [`${zeros > 0 ? `0{0,${zeros}}` : ""}${numberPattern(first, last)}${unit}`];
  });
  return { type: "string", pattern: `^${alternatives([...patterns, REFERENCE])}$` };
}
