import { parseAllDocuments } from "yaml";

/** Something that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | JsonMap;

/** A mapping of it. */
export interface JsonMap {
  readonly [key: string]: Json;
}

/** One object of a release. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly content: JsonMap;
}

/** The objects of a rendered release. Throws when the text is no YAML, or an object has no name. */
export function manifestsOf(text: string): readonly Manifest[] {
  // A cluster reads YAML 1.1, so that this is how the text must be understood.
  const documents = parseAllDocuments(text, { version: "1.1" });
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const content = document.toJS() as Json; // YAML is such a tree
    if (content === null) return [];
    const { kind, metadata } = mapOf(content);
    const { name } = mapOf(metadata);
    if (typeof kind !== "string" || typeof name !== "string") {
      throw new Error(`an object without kind or name: ${JSON.stringify(content)}`);
    }
    return [{ kind, name, content: mapOf(content) }];
  });
}

/** A mapping as it is; anything else is an empty one. */
export function mapOf(value: Json | undefined): JsonMap {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? (value as JsonMap) : {};
}

/** A list as it is; anything else is an empty one. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** A value in words, for comparing and telling. */
export function shown(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** What lies at a path of keys. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  return keys.reduce<Json | undefined>((inner, key) => mapOf(inner)[key], value);
}

/** The specification of the Pods that an object makes; undefined when it makes none. */
export function podSpecOf({ kind, content }: Manifest): JsonMap | undefined {
  if (kind === "Pod") return mapOf(content["spec"]);
  if (kind === "CronJob") {
    return mapOf(at(content, "spec", "jobTemplate", "spec", "template", "spec"));
  }
  const template = at(content, "spec", "template");
  return template === undefined ? undefined : mapOf(at(template, "spec"));
}
