import { Secret } from "../domain/secret.ts";
import { type Findings, showFound } from "./config-problem.ts";
import { isMissing } from "./config-value.ts";
import { errorCode, mayBeMissing, type Surroundings } from "./references.ts";
import type { Section } from "./section.ts";

/** What the reading of every section needs beside the section. */
export interface ReadingContext {
  readonly surroundings: Surroundings;
  readonly findings: Findings;
}

/** Contents of the PEM file that a key names; null when it names none. */
export function readPem(
  section: Section,
  key: string,
  { surroundings, findings }: ReadingContext,
): string | null {
  const name = section.optionalText(key, { expected: "the path of a PEM file" });
  const place = section.place(key);
  if (name === null || isMissing(place.value) || !findings.areClean([place.path])) return null;
  const problem = (why: string) =>
    findings.add(place.path, `${showFound(place.path, place.value)}, which ${why}`, PEM_FILE);
  try {
    const text = surroundings.readFile(name);
    if (text.includes("-----BEGIN ")) return text;
    problem("holds no PEM text");
  } catch (error) {
    const why = `cannot be read (${errorCode(error)})`;
    if (mayBeMissing(place.path, surroundings)) findings.warn(place.path, `the file ${why}`);
    else problem(why);
  }
  return null;
}

const PEM_FILE = "a file with a PEM text that this process may read";

/** The same for a private key. */
export function readPemKey(section: Section, key: string, context: ReadingContext): Secret | null {
  const text = readPem(section, key, context);
  return text === null ? null : new Secret(text);
}
