import { RegistryRefused, RegistryUnavailable, SchemaNotRegistered } from "./registry-errors.ts";
import type { Answer, RegistryHttp } from "./registry-http.ts";

/** How a schema stands to the versions that its subject has, in the registry's judgement. */
export type Compatibility =
  | { readonly kind: "new" | "compatible" }
  | { readonly kind: "incompatible"; readonly messages: readonly string[] };

export type CompatibilityLevel = "BACKWARD_TRANSITIVE" | "FULL_TRANSITIVE";

export interface RegisteredVersion {
  readonly id: number;
  readonly version: number;
  readonly schemaText: string;
}

/** What the registry holds under its subjects. */
export interface Subjects {
  /** The id under which the subject has this schema, formatted in whatever way. Throws RegistryUnavailable or SchemaNotRegistered. */
  idOf(subject: string, schemaText: string): Promise<number>;
  /**
   * Makes the schema a version of the subject and the level the subject's own; resolves to the id.
   * Registering what is there already changes nothing. Throws RegistryUnavailable or RegistryRefused.
   */
  register(subject: string, schemaText: string, level: CompatibilityLevel): Promise<number>;
  /** Asks whether the schema could be registered. Throws RegistryUnavailable or RegistryRefused. */
  compatibility(subject: string, schemaText: string): Promise<Compatibility>;
  /** The subject's newest version, null when there is no such subject. Throws RegistryUnavailable. */
  latest(subject: string): Promise<RegisteredVersion | null>;
  /** The subject's own compatibility level, null when it has none. Throws RegistryUnavailable. */
  level(subject: string): Promise<string | null>;
}

/** The subjects behind this connection. */
export function createSubjects(http: RegistryHttp): Subjects {
  const level = async (subject: string) => {
    const answer = await http.ask("GET", `/config/${encodeURIComponent(subject)}`);
    return isAbsent(answer) ? null : String(bodyOf(answer)["compatibilityLevel"]);
  };
  const latest = async (subject: string) => {
    const answer = await http.ask("GET", `${pathOf(subject)}/versions/latest`);
    if (isAbsent(answer)) return null;
    const body = bodyOf(answer);
    return {
      id: integerIn(body, "id"),
      version: integerIn(body, "version"),
      schemaText: String(body["schema"]),
    };
  };
  const setLevel = async (subject: string, compatibility: CompatibilityLevel) => {
    if ((await level(subject)) === compatibility) return;
    const path = `/config/${encodeURIComponent(subject)}`;
    bodyOf(await http.ask("PUT", path, { compatibility }));
  };

  return {
    level,
    latest,
    idOf: async (subject, schemaText) => {
      const answer = await http.ask("POST", pathOf(subject), { schema: compact(schemaText) });
      if (isAbsent(answer)) {
        // Apicurio looks for the very text, and another tool may have registered it with other blanks.
        const newest = await latest(subject);
        if (newest !== null && compact(newest.schemaText) === compact(schemaText)) return newest.id;
        throw new SchemaNotRegistered(
          `${subject}: this schema is not registered; \`schemas --register\` registers it`,
        );
      }
      return integerIn(bodyOf(answer), "id");
    },
    register: async (subject, schemaText, compatibility) => {
      // The level first, so that a bad version is refused by it; a subject can have one only once
      // it exists (Apicurio).
      const exists = (await latest(subject)) !== null;
      if (exists) await setLevel(subject, compatibility);
      const answer = await http.ask("POST", `${pathOf(subject)}/versions`, {
        schema: compact(schemaText),
      });
      const id = integerIn(bodyOf(answer), "id");
      if (!exists) await setLevel(subject, compatibility);
      return id;
    },
    compatibility: async (subject, schemaText) => {
      // With all versions, as far as the subject's level asks for it.
      const path = `/compatibility${pathOf(subject)}/versions?verbose=true`;
      if ((await latest(subject)) === null) return { kind: "new" };
      const body = bodyOf(await http.ask("POST", path, { schema: compact(schemaText) }));
      if (body["is_compatible"] === true) return { kind: "compatible" };
      return { kind: "incompatible", messages: reasonsIn(body) };
    },
  };
}

function pathOf(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`;
}

function isAbsent(answer: Answer): boolean {
  return answer.kind === "refused" && answer.status === 404;
}

function bodyOf(answer: Answer): Readonly<Record<string, unknown>> {
  switch (answer.kind) {
    case "answered":
      return answer.body;
    case "refused":
      throw new RegistryRefused(answer.message);
    case "unavailable":
      throw new RegistryUnavailable(answer.message);
  }
}

/** The schema without blanks, so that formatting the file again does not make another schema of it. */
function compact(schemaText: string): string {
  return JSON.stringify(JSON.parse(schemaText));
}

/** Confluent gives `messages`, Apicurio one `reason`. */
function reasonsIn({ messages, reason }: Readonly<Record<string, unknown>>): readonly string[] {
  const found: readonly unknown[] = Array.isArray(messages) ? messages : [reason];
  return found.filter((one) => typeof one === "string");
}

function integerIn(body: Readonly<Record<string, unknown>>, name: string): number {
  const value = body[name];
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new RegistryUnavailable(
    `the answer has no ${name} in it, so it is not a schema registry's`,
  );
}
