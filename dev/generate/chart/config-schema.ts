import { PROVIDER_KIND_OF } from "../../../src/domain/operation.ts";
import { MEANINGS } from "../config-meanings.ts";
import { allowedAt, isKnown, PROVIDER_KINDS, problemsOf, withValue } from "../config-probe.ts";
import { closedObject, type JsonSchema, nullable } from "./json-schema.ts";
import { scalarSchema, SECRET_REFERENCE, unshown } from "./scalar-schema.ts";

/** Keys whose values a ConfigMap must not hold. */
const SECRET_KEYS: readonly string[] = [
  "kafka.sasl.password",
  "kafka.sasl.token",
  "schemaRegistry.password",
  "providers[].credentials.id",
  "providers[].credentials.secret",
  "providers[].credentials.token",
];

/** A file's path, where the file's own text is a secret. */
const SECRET_FILE = "kafka.ssl.keyFile";

/** Lists of scalars; what an item is like is asked of the parser. */
const SCALAR_LISTS = ["kafka.brokers", "endpoints.allow", "endpoints.allowAddresses"] as const;

/** The keys of a connection's credentials that belong to each type. */
const CREDENTIAL_KEYS: Readonly<Record<string, readonly string[]>> = {
  static: ["id", "secret", "token"],
  default: [],
  env: [],
  "instance-role": [],
  profile: ["file", "profile"],
  oidc: ["roleArn", "providerId", "providerArn", "tokenFile", "sessionName"],
  role: ["roleArn", "sessionName", "externalId", "source"],
};

const NEEDED_CREDENTIAL_KEYS: Readonly<Record<string, readonly string[]>> = {
  static: ["id", "secret"],
  role: ["roleArn", "source"],
};

/**
 * The schema of the config as the chart takes it: the parser's keys, with what the parser says is
 * allowed. It is looser where keys depend on each other or on the kind of a connection, which only
 * the parser checks, and stricter where a literal would bring a secret into a ConfigMap.
 */
export function configSchema(): JsonSchema {
  return objectAt("");
}

/** What a schema calls the credentials of a role's source. */
export const SOURCE_DEF = "credentialsSource";

/** Credentials of any type but a role, which is what a role is taken on with. */
export function sourceSchema(): JsonSchema {
  const all = Object.entries(objectAt("providers[].credentials").properties ?? {});
  const properties = Object.fromEntries(all.filter(([key]) => key !== "source"));
  const types = Object.keys(CREDENTIAL_KEYS).filter((type) => type !== "role");
  return credentialsOf({ ...properties, type: { type: "string", enum: types } }, types);
}

/** Paths whose rule has words that the generator does not know; the schema lets anything pass. */
export function unknownRules(): readonly string[] {
  return Object.keys(MEANINGS).filter((path) => {
    const isScalar = childrenOf(path).length === 0 && !(path in SPECIAL) && !isScalarList(path);
    return isScalar && !SECRET_KEYS.includes(path) && scalarAt(path) === undefined;
  });
}

const SPECIAL: Readonly<Record<string, () => JsonSchema>> = {
  "providers[].rateLimit.perOperation": () => ({
    ...closedObject(
      Object.fromEntries(
        Object.entries(PROVIDER_KIND_OF).map(([operation, kind]) => {
          const allowed = allowedAt(`providers[].rateLimit.perOperation.${operation}`, kind);
          return [operation, scalarSchema(allowed) ?? {}];
        }),
      ),
    ),
    type: ["object", "null"],
  }),
  "providers[].credentials.source": () => ({ $ref: `#/$defs/${SOURCE_DEF}` }),
};

function schemaAt(path: string): JsonSchema {
  const description = MEANINGS[path];
  const told = description === undefined ? {} : { description };
  const isNullable = path !== "" && problemsOf(withValue(path, null)).length === 0;
  const bare = bareSchemaAt(path);
  return { ...told, ...(isNullable ? nullable(bare) : bare) };
}

function bareSchemaAt(path: string): JsonSchema {
  const special = SPECIAL[path];
  if (special !== undefined) return special();
  if (SECRET_KEYS.includes(path)) return SECRET_REFERENCE;
  if (isScalarList(path)) return listOf(scalarSchema(allowedAt(`${path}[]`)) ?? {}, path);
  if (childrenOf(`${path}[]`).length > 0) return listOf(objectAt(`${path}[]`), path);
  if (childrenOf(path).length > 0) {
    const isSwitch = allowedAt(path).startsWith("true, false");
    return isSwitch ? { ...objectAt(path), type: ["object", "boolean"] } : objectAt(path);
  }
  const scalar = scalarAt(path) ?? {};
  return path === SECRET_FILE ? unshown(scalar) : scalar;
}

function listOf(items: JsonSchema, path: string): JsonSchema {
  const mayBeEmpty = problemsOf(withValue(path, [])).length === 0;
  return { type: "array", items, ...(mayBeEmpty ? {} : { minItems: 1 }) };
}

function objectAt(path: string): JsonSchema {
  const properties = Object.fromEntries(
    childrenOf(path).map((key) => [key, schemaAt(path === "" ? key : `${path}.${key}`)]),
  );
  if (path === "providers[].credentials") {
    return credentialsOf(properties, Object.keys(CREDENTIAL_KEYS));
  }
  // The chart fills in what it knows: credentials come from `providerSecrets`.
  if (path === "providers[]") return closedObject(properties, ["name", "kind", "region"]);
  if (path === "providers[].holdWindows[]") return closedObject(properties, ["cron", "duration"]);
  return closedObject(properties);
}

function credentialsOf(
  properties: Readonly<Record<string, JsonSchema>>,
  types: readonly string[],
): JsonSchema {
  const rules = types.map((type) => ({
    if: { properties: { type: { const: type } }, required: ["type"] },
    then: {
      propertyNames: { enum: ["type", ...(CREDENTIAL_KEYS[type] ?? [])] },
      ...(NEEDED_CREDENTIAL_KEYS[type] === undefined
        ? {}
        : { required: NEEDED_CREDENTIAL_KEYS[type] }),
    },
  }));
  return { ...closedObject(properties, ["type"]), allOf: rules };
}

/** What the parser says of the first kind of connection that knows the key, as a schema. */
function scalarAt(path: string): JsonSchema | undefined {
  const kind = PROVIDER_KINDS.find((one) => isKnown(path, one));
  return kind === undefined ? undefined : scalarSchema(allowedAt(path, kind));
}

function isScalarList(path: string): boolean {
  return SCALAR_LISTS.some((list) => list === path);
}

/** The keys right below a path, lists without their brackets, in the order of `MEANINGS`. */
function childrenOf(path: string): readonly string[] {
  const prefix = path === "" ? "" : `${path}.`;
  const below = Object.keys(MEANINGS).filter((one) => one.startsWith(prefix));
  const keys = below.map((one) => (one.slice(prefix.length).split(".")[0] ?? "").replace("[]", ""));
  return [...new Set(keys)];
}
