import avro, { type ForSchemaOptions, type Schema, type Type } from "avsc";

/** The position in a record's bytes that avsc hands from type to type while it reads. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string | undefined;
}

/** What a type of avsc is to the types around it while a record is read. */
interface Reader {
  _read(tap: Tap): unknown;
}

/** int64 as BigInt: avsc's own long refuses a whole message for one value past 2^53. */
const int64 = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => value.toString(),
  isValid: (value: unknown) => typeof value === "bigint" && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/**
 * An avsc `typeHook` for bytes from strangers: longs are BigInt (timestamp-millis stay numbers) and
 * every read moves forward.
 *
 * The second half keeps one bad record from stopping the process: avsc believes the counts and
 * lengths that it reads. An array of 2^40 items, or a string of negative length that leads back to
 * its own beginning, is read until the memory is gone.
 */
export function createTypeHook(): ForSchemaOptions["typeHook"] {
  const underConstruction = new Set<Schema>();
  return (schema, options) => {
    const kind = kindOf(schema);
    if (kind === "long") return isTimestampMillis(schema) ? undefined : int64;
    const read = READERS[kind];
    // The type itself is built by avsc, which asks this hook about the same schema once more.
    if (read === undefined || underConstruction.has(schema)) return undefined;
    underConstruction.add(schema);
    try {
      const type = avro.Type.forSchema(schema, options);
      return Object.create(type, { _read: { value: read(type) } }) as Type;
    } finally {
      underConstruction.delete(schema);
    }
  };
}

const READERS: Readonly<Record<string, ((type: Type) => (tap: Tap) => unknown) | undefined>> = {
  array: (type) => {
    const items = (type as unknown as { readonly itemsType: Reader }).itemsType;
    return (tap) => {
      const values: unknown[] = [];
      readBlocks(tap, () => values.push(items._read(tap)));
      return values;
    };
  },
  map: (type) => {
    const values = (type as unknown as { readonly valuesType: Reader }).valuesType;
    return (tap) => {
      const entries: [string, unknown][] = [];
      readBlocks(tap, () => {
        const key = forward(tap, () => tap.readString());
        entries.push([key ?? "", values._read(tap)]);
      });
      return Object.fromEntries(entries);
    };
  },
  string: (type) => (tap) => forward(tap, () => (type as unknown as Reader)._read(tap)),
  bytes: (type) => (tap) => forward(tap, () => (type as unknown as Reader)._read(tap)),
};

function readBlocks(tap: Tap, readItem: () => void): void {
  for (;;) {
    const count = tap.readLong();
    if (count === 0) return;
    if (count < 0) tap.skipLong(); // a negative count is followed by the block's size
    const items = Math.abs(count);
    // Every item of our schemas takes a byte or more.
    if (!(items <= tap.buf.length - tap.pos)) throw new Error("truncated buffer");
    for (let i = 0; i < items; i++) forward(tap, readItem);
  }
}

function forward<T>(tap: Tap, read: () => T): T {
  const before = tap.pos;
  const value = read();
  if (tap.pos <= before) throw new Error("negative length");
  return value;
}

function kindOf(schema: Schema): string {
  if (typeof schema === "string") return schema;
  return "type" in schema && typeof schema.type === "string" ? schema.type : "";
}

function isTimestampMillis(schema: Schema): boolean {
  return (
    typeof schema === "object" &&
    "logicalType" in schema &&
    schema.logicalType === "timestamp-millis"
  );
}
