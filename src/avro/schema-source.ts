import { SchemaRegistry, SchemaType } from "@kafkajs/confluent-schema-registry";
import type { Type } from "avsc";

import type { SchemaRegistryConfig } from "../config/config.ts";
import { createTypeHook } from "./avro-types.ts";
import type { MissingIds } from "./missing-ids.ts";
import { baseUrl, createAgent, shownUrl, type RegistryHttp } from "./registry-http.ts";

/**
 * - `missing`: the registry has denied the id for 30 s.
 * - `unusable`: the registry has it, and it is no Avro schema that can be worked with.
 * - `unavailable`: not known now.
 */
export type Found =
  | { readonly kind: "found"; readonly schema: Type }
  | { readonly kind: "missing" | "unusable" | "unavailable"; readonly message: string };

/**
 * Finds schemas by id through the registry library, which caches them for ever.
 *
 * Only what the library gets wrong is added: it waits for ever when an answer is cut off in the
 * middle, reports a refused connection as status 400, and does not tell a proxy's 404 from the
 * registry's (both are asked again with the own client).
 */
export class SchemaSource {
  readonly #config: SchemaRegistryConfig;
  readonly #http: RegistryHttp;
  readonly #missing: MissingIds;
  readonly #finding = new Map<number, Promise<Found>>();
  #library: SchemaRegistry;

  constructor(config: SchemaRegistryConfig, http: RegistryHttp, missing: MissingIds) {
    this.#config = config;
    this.#http = http;
    this.#missing = missing;
    this.#library = createLibrary(config);
  }

  /** Never rejects, and ends within about twice the configured timeout. */
  async find(id: number): Promise<Found> {
    // The library makes one request for all who ask at once, but builds the schema for each of them.
    const others = this.#finding.get(id);
    if (others !== undefined) return others;
    const found = this.#find(id).finally(() => this.#finding.delete(id));
    this.#finding.set(id, found);
    return found;
  }

  async #find(id: number): Promise<Found> {
    if (this.#missing.isKnown(id)) return missing(id);
    try {
      const schema = await this.#withDeadline(this.#library.getSchema(id));
      this.#missing.forget(id);
      // The library also builds JSON Schema and Protobuf, and has a type of its own for all three.
      if ("typeName" in schema) return { kind: "found", schema: schema as unknown as Type };
      return { kind: "unusable", message: `schema ${id} is not an Avro schema` };
    } catch (error) {
      return this.#whyNot(id, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The value with the wire format's header. Only for ids that were found before. */
  async encode(id: number, value: unknown): Promise<Buffer> {
    return this.#library.encode(id, value);
  }

  async #withDeadline<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // The library shares one request between all who ask for an id, this one will never end.
        const fresh = createLibrary(this.#config);
        fresh.cache = this.#library.cache;
        this.#library = fresh;
        reject(new Unanswered(`no complete answer within ${this.#config.timeoutMs} ms`));
      }, this.#config.timeoutMs + 100);
    });
    try {
      return await Promise.race([work, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #whyNot(id: number, error: Error): Promise<Found> {
    const status = "status" in error ? error.status : null;
    const unavailable = (message: string) =>
      ({ kind: "unavailable", message: `schema ${id}: ${message}` }) as const;
    if (error instanceof Unanswered || (status !== null && status !== 404)) {
      return unavailable(`${shownUrl(this.#config)}: ${error.message}`);
    }
    const answer = await this.#http.ask("GET", `/schemas/ids/${id}`);
    switch (answer.kind) {
      case "unavailable":
        return unavailable(answer.message);
      case "refused":
        if (answer.status !== 404) return unavailable(answer.message);
        return this.#missing.note(id) ? missing(id) : unavailable("not known to the registry yet");
      case "answered":
        if (status === 404) return unavailable("was not known a moment ago");
        return typeof answer.body["schema"] === "string"
          ? { kind: "unusable", message: `schema ${id} cannot be used: ${error.message}` }
          : unavailable("the answer has no schema in it");
    }
  }
}

class Unanswered extends Error {}

function missing(id: number): Found {
  return { kind: "missing", message: `the registry has no schema with id ${id}` };
}

function createLibrary(config: SchemaRegistryConfig): SchemaRegistry {
  const agent = createAgent(config);
  return new SchemaRegistry(
    {
      host: baseUrl(config),
      ...(agent === undefined ? {} : { agent }),
      ...(config.username === null
        ? {}
        : { auth: { username: config.username, password: config.password?.reveal() ?? "" } }),
      // Callers retry. Every option is named: the library keeps what it is given in a default that
      // all its instances share.
      retry: {
        retries: 0,
        maxRetryTimeInSecs: 5,
        initialRetryTimeInSecs: 0.1,
        factor: 0.2,
        multiplier: 2,
      },
      middlewares: [
        // Without one the library waits for ever.
        () => ({
          prepareRequest: async (next) => (await next()).enhance({ timeout: config.timeoutMs }),
        }),
      ],
    },
    { [SchemaType.AVRO]: { typeHook: createTypeHook() } },
  );
}
