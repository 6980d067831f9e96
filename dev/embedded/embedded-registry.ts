import { type RecordType, recordTypeOf } from "../../src/avro/record-type.ts";
import { SchemaNotRegistered } from "../../src/avro/registry-errors.ts";
import type { Decoding, Registry } from "../../src/avro/registry.ts";
import type { SchemaSpec } from "../../src/avro/schemas.ts";

const HEADER_BYTES = 5;

/** A schema registry in memory that knows a few schemas from the beginning, by the ids 1, 2, … */
export class EmbeddedRegistry implements Pick<Registry, "decode" | "encode" | "idOf"> {
  readonly #subjects: readonly string[];
  readonly #types: readonly RecordType[];

  constructor(schemas: readonly SchemaSpec[]) {
    this.#subjects = schemas.map(({ subject }) => subject);
    this.#types = schemas.map(({ text }) => recordTypeOf(text));
  }

  async idOf(subject: string): Promise<number> {
    const index = this.#subjects.indexOf(subject);
    if (index === -1) throw new SchemaNotRegistered(`${subject} is not registered`);
    return Promise.resolve(index + 1);
  }

  async encode(id: number, value: unknown): Promise<Buffer> {
    return Promise.resolve(this.encodeNow(id, value));
  }

  async decode(value: Buffer): Promise<Decoding> {
    return Promise.resolve(this.decodeNow(value));
  }

  /** As `encode`, at once. Throws when the value does not fit. */
  encodeNow(id: number, value: unknown): Buffer {
    const type = this.#types[id - 1];
    if (type === undefined) throw new Error(`no schema has the id ${id}`);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeInt32BE(id, 1);
    return Buffer.concat([header, type.encode(value)]);
  }

  /** As `decode`, at once. */
  decodeNow(value: Buffer): Decoding {
    const poison = (message: string): Decoding => {
      return { kind: "poison", reason: "undecodable", message };
    };
    if (value.length < HEADER_BYTES) return poison("too short for a schema id");
    const type = this.#types[value.readInt32BE(1) - 1];
    if (value.readUInt8(0) !== 0 || type === undefined) return poison("no known schema id");
    try {
      const decoded = type.decode(value.subarray(HEADER_BYTES));
      return { kind: "decoded", schemaName: type.name, value: decoded };
    } catch (error) {
      return poison(error instanceof Error ? error.message : String(error));
    }
  }
}
