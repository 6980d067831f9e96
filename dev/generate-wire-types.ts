import { format } from "prettier";

type Schema = string | readonly Schema[] | SchemaObject;

interface SchemaObject {
  readonly type: Schema;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly logicalType?: string;
  readonly symbols?: readonly string[];
  readonly items?: Schema;
  readonly values?: Schema;
  readonly fields?: readonly { name: string; type: Schema; doc?: string }[];
}

const HEADER = `// Generated from schemas/*.avsc by \`npm run generate\`: the values that the registry decodes and
// encodes. Longs are bigint, timestamp-millis numbers; a union of records names its branch.
`;

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: "null",
  boolean: "boolean",
  int: "number",
  long: "bigint",
  float: "number",
  double: "number",
  bytes: "Buffer",
  string: "string",
};

/** TypeScript declarations of the records in these .avsc texts; only the outermost are exported. */
export async function generateWireTypes(texts: readonly string[]): Promise<string> {
  const parts = texts.map((text) => {
    const writer = new Writer();
    const root = JSON.parse(text) as SchemaObject;
    writer.typeOf(root, root.namespace ?? "");
    return writer.declarations(root.name ?? "");
  });
  return format([HEADER, ...parts].join("\n\n"), { parser: "typescript", printWidth: 100 });
}

class Writer {
  readonly #declared = new Map<string, string>();

  /** The type of a value of this schema; declares the named types in it on the way. */
  typeOf(schema: Schema, namespace: string): string {
    if (typeof schema === "string") return PRIMITIVES[schema] ?? schema;
    if (isUnion(schema)) return this.#unionOf(schema, namespace);
    const { type, name = "", items = "null", values = "null" } = schema;
    if (schema.logicalType === "timestamp-millis") return "number";
    if (type === "array") return `readonly (${this.typeOf(items, namespace)})[]`;
    if (type === "map") return `Readonly<Record<string, ${this.typeOf(values, namespace)}>>`;
    if (type === "enum") {
      const symbols = schema.symbols?.map((symbol) => JSON.stringify(symbol)).join(" | ") ?? "";
      this.#declare(name, `type ${name} = ${symbols};`, schema.doc);
      return name;
    }
    if (type !== "record") return this.typeOf(type, namespace);
    const fields = schema.fields?.map((field) => {
      return `${comment(field.doc)}readonly ${field.name}: ${this.typeOf(field.type, namespace)};`;
    });
    this.#declare(name, `interface ${name} {\n${fields?.join("\n") ?? ""}\n}`, schema.doc);
    return name;
  }

  declarations(root: string): string {
    return [...this.#declared.entries()]
      .map(([name, text]) => (name === root ? text.replace("interface", "export interface") : text))
      .reverse()
      .join("\n\n");
  }

  #unionOf(branches: readonly Schema[], namespace: string): string {
    const types = branches.map((branch) => this.typeOf(branch, namespace));
    const records = branches.filter((branch) => typeof branch === "object");
    // avsc names the branch where a value alone would not tell it.
    const named = records.length > 1;
    return types
      .map((type) =>
        named ? `{ readonly ${JSON.stringify(`${namespace}.${type}`)}: ${type} }` : type,
      )
      .join(" | ");
  }

  #declare(name: string, text: string, doc: string | undefined): void {
    this.#declared.set(name, `${comment(doc)}${text}`);
  }
}

function isUnion(schema: Schema): schema is readonly Schema[] {
  return Array.isArray(schema);
}

function comment(doc: string | undefined): string {
  return doc === undefined ? "" : `/** ${doc} */\n`;
}
