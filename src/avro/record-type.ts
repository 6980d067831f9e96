import avro from "avsc";
import { createTypeHook } from "./avro-types.ts";

/** One record schema, to write and read values with, without the registry's header. */
export interface RecordType {
  /** The record's full name. */
  readonly name: string;
  /** Throws when the value does not fit. */
  encode(value: unknown): Buffer;
  /** Throws when the bytes do not fit. */
  decode(bytes: Buffer): unknown;
}

/** Builds the type of a schema text as the registry's client would. Throws on a bad schema. */
export function recordTypeOf(schemaText: string): RecordType {
  const schema = JSON.parse(schemaText) as avro.Schema; // avsc checks it
  const type = avro.Type.forSchema(schema, { typeHook: createTypeHook() });
  return {
    name: type.name ?? type.typeName,
    encode: (value) => type.toBuffer(value),
    decode: (bytes) => type.fromBuffer(bytes) as unknown,
  };
}
