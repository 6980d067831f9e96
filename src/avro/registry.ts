import type { SchemaRegistryConfig } from "../config/config.ts";
import { MissingIds } from "./missing-ids.ts";
import { RegistryUnavailable } from "./registry-errors.ts";
import { createRegistryHttp } from "./registry-http.ts";
import { SchemaSource } from "./schema-source.ts";
import { createSubjects, type Subjects } from "./subjects.ts";

const HEADER_BYTES = 5;

/**
 * What became of a record's bytes.
 *
 * - `decoded`: `schemaName` is the full name of the writer's record. Longs are BigInt,
 *   timestamp-millis numbers, unions of records `{ "rerun.v1.Name": … }`.
 * - `poison`: these bytes will never decode.
 * - `unavailable`: the registry could not be asked; the same bytes may decode later.
 */
export type Decoding =
  | { readonly kind: "decoded"; readonly schemaName: string; readonly value: unknown }
  | {
      readonly kind: "poison";
      readonly reason: "undecodable" | "unknown-schema";
      readonly message: string;
    }
  | { readonly kind: "unavailable"; readonly message: string };

/** The schema registry, Confluent's or Apicurio's, in the terms that both share. */
export interface Registry extends Subjects {
  /** Decodes with the writer's schema. Never rejects. */
  decode(value: Buffer): Promise<Decoding>;
  /** The value as a record's bytes. Throws RegistryUnavailable, or another error for a value that does not fit. */
  encode(id: number, value: unknown): Promise<Buffer>;
}

/** A client of the configured registry; it connects when it is first used. `now`: milliseconds, monotonic. */
export function createRegistry(config: SchemaRegistryConfig, now?: () => number): Registry {
  const http = createRegistryHttp(config);
  const schemas = new SchemaSource(config, http, new MissingIds(now));
  return {
    decode: async (value) => decode(schemas, value),
    encode: async (id, value) => {
      const found = await schemas.find(id);
      if (found.kind !== "found") throw new RegistryUnavailable(found.message);
      return schemas.encode(id, value);
    },
    ...createSubjects(http),
  };
}

async function decode(schemas: SchemaSource, value: Buffer): Promise<Decoding> {
  const undecodable = (message: string) =>
    ({ kind: "poison", reason: "undecodable", message }) as const;
  if (value.length < HEADER_BYTES) {
    return undecodable(`${value.length} bytes are too short for a record with a schema id`);
  }
  const magic = value.readUInt8(0);
  const id = value.readInt32BE(1);
  if (magic !== 0 || id <= 0) {
    const start = value.subarray(0, HEADER_BYTES).toString("hex");
    return undecodable(`begins with ${start}, not with 00 and a schema id`);
  }
  const found = await schemas.find(id);
  switch (found.kind) {
    case "unavailable":
      return { kind: "unavailable", message: found.message };
    case "missing":
      return { kind: "poison", reason: "unknown-schema", message: found.message };
    case "unusable":
      return undecodable(found.message);
    case "found":
      try {
        const decoded: unknown = found.schema.fromBuffer(value.subarray(HEADER_BYTES));
        const schemaName = found.schema.name ?? found.schema.typeName;
        return { kind: "decoded", schemaName, value: decoded };
      } catch (error) {
        const { message } = error instanceof Error ? error : new Error(String(error));
        return undecodable(`does not fit its schema ${id}: ${message}`);
      }
  }
}
