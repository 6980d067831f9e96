/** An object of an answer. Every field of WeData's answers may be null or absent. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a value; none when it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** What an answer carries as `Data`. */
export function dataOf(answer: unknown): Fields {
  return fieldsOf(fieldsOf(answer)["Data"]);
}

/** The elements of a list; none when it is no list. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** A text that says something, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** A number, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** What the provider told about itself in an answer that is no error. */
export function traceOf(answer: unknown): {
  readonly providerRequestId: string | null;
  readonly providerErrorCode: null;
} {
  return { providerRequestId: textOf(fieldsOf(answer)["RequestId"]), providerErrorCode: null };
}
