import type { StaticKeys } from "./config.ts";
import { Findings, renderProblems } from "./config-problem.ts";
import { textOf } from "./config-value.ts";
import type { ReadingContext } from "./read-pem.ts";
import { resolveReferences } from "./references.ts";
import type { Section, TextRule } from "./section.ts";
import { Secret } from "../domain/secret.ts";

/** Reads keys again that came from files; null when none did. See `StaticCredentials.reread`. */
export function rereadingOf(
  credentials: Section,
  keys: StaticKeys,
  rule: TextRule,
  { surroundings }: ReadingContext,
): (() => StaticKeys) | null {
  const writtenFor = (key: string) => {
    const { value } = credentials.place(key);
    return value?.kind === "scalar" ? value.written : undefined;
  };
  const written = {
    id: writtenFor("id"),
    secret: writtenFor("secret"),
    token: writtenFor("token"),
  };
  if (Object.values(written).every((text) => text === undefined)) return null;
  const again = (key: keyof StaticKeys): Secret => {
    const findings = new Findings();
    // Once more through the very code that read them first, without its tolerance.
    const { env, readFile } = surroundings;
    const read = resolveReferences(
      { kind: "scalar", value: written[key] ?? "", origin: "file" },
      { env, readFile },
      findings,
    );
    const path = `${credentials.path}.${key}`;
    const [problem] = findings.problems;
    if (problem !== undefined) throw new Error(renderProblems([{ ...problem, path }]).trim());
    const text = read.kind === "scalar" ? textOf(read) : undefined;
    if (text !== undefined && rule.matches?.test(text) !== false) return new Secret(text);
    throw new Error(`${path}: the file holds no ${rule.expected}`);
  };
  return () => ({
    id: written.id === undefined ? keys.id : again("id"),
    secret: written.secret === undefined ? keys.secret : again("secret"),
    token: written.token === undefined ? keys.token : again("token"),
  });
}
