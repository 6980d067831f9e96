import avro from "avsc";
import { readFileSync } from "node:fs";

const schemaFile = new URL("../../schemas/rerun-request.avsc", import.meta.url);

/** The published schema, as JSON. */
export const requestSchema = JSON.parse(readFileSync(schemaFile, "utf8")) as avro.schema.RecordType;

const bigLong = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => Number(a > b) - Number(a < b),
});

/** What a record becomes that is written and read with this schema, longs as bigints. */
export function throughAvro(value: unknown, schema: avro.Schema = requestSchema): unknown {
  const type = avro.Type.forSchema(schema, {
    typeHook: (attributes) => (attributes === "long" ? bigLong : undefined),
  });
  return type.fromBuffer(type.toBuffer(value));
}
