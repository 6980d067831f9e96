/** A part of a JSON Schema, of the keywords that are used here. */
export type JsonSchema = Readonly<{
  $schema?: string;
  $defs?: Readonly<Record<string, JsonSchema>>;
  $ref?: string;
  title?: string;
  description?: string;
  type?: JsonType | readonly JsonType[];
  enum?: readonly unknown[];
  const?: unknown;
  pattern?: string;
  not?: JsonSchema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: JsonSchema;
  minItems?: number;
  uniqueItems?: boolean;
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  required?: readonly string[];
  allOf?: readonly JsonSchema[];
  if?: JsonSchema;
  then?: JsonSchema;
}>;

type JsonType = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";

/** The same schema, for null too. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (type === undefined) return schema;
  const types = typeof type === "string" ? [type] : [...type];
  return {
    ...schema,
    type: types.includes("null") ? types : [...types, "null"],
    ...(values === undefined ? {} : { enum: [...values, null] }),
  };
}

/** A mapping that has these keys and no others. */
export function closedObject(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}
