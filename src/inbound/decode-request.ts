import { assertNever } from "../domain/assert-never.ts";
import type { ReceivedRequest } from "../domain/rerun-request.ts";
import type { Registry } from "../avro/registry.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import type { DeadLetterReason } from "../domain/dead-letter-reason.ts";
import type { Senseless } from "./desk.ts";
import type { RequestParser } from "./parse-request.ts";
import { traceOf } from "./trace-headers.ts";

/** What one record turned out to be, and so what becomes of it. */
export type DecodedRequest =
  | { readonly kind: "request"; readonly received: ReceivedRequest }
  | ({ readonly kind: "senseless" } & Senseless)
  | { readonly kind: "dead-letter"; readonly reason: DeadLetterReason; readonly message: string }
  /** Nobody can tell now: the schema is not known here and the registry is away. */
  | { readonly kind: "unavailable"; readonly message: string };

export interface RequestDecoderParts {
  readonly registry: Pick<Registry, "decode">;
  readonly parser: Pick<RequestParser, "parse">;
  /** Larger values would make claims or outcomes that Kafka does not take; null: no limit is known. */
  readonly maxRequestBytes?: number | null;
}

/** Turns records into requests. What it returns refers to nothing of the record's buffers. */
export class RequestDecoder {
  /** The outcomes topic's limit less what an outcome adds; may be set once that is known. */
  maxRequestBytes: number | null;
  readonly #registry: Pick<Registry, "decode">;
  readonly #parser: Pick<RequestParser, "parse">;

  constructor({ registry, parser, maxRequestBytes = null }: RequestDecoderParts) {
    this.#registry = registry;
    this.#parser = parser;
    this.maxRequestBytes = maxRequestBytes;
  }

  /** Never rejects for anything a record can hold. `receivedAt`: milliseconds since the epoch. */
  async decode(record: KafkaRecord, receivedAt: number): Promise<DecodedRequest> {
    if (record.value === null) return deadLetter("empty", "the record has no value (a tombstone)");
    const decoded = await this.#registry.decode(record.value);
    switch (decoded.kind) {
      case "unavailable":
        return decoded;
      case "poison":
        return deadLetter(decoded.reason, decoded.message);
      case "decoded":
        return this.#parse(decoded, record, receivedAt);
      default:
        return assertNever(decoded);
    }
  }

  #parse(
    decoded: { readonly schemaName: string; readonly value: unknown },
    record: KafkaRecord,
    receivedAt: number,
  ): DecodedRequest {
    const parsed = this.#parser.parse(decoded.schemaName, decoded.value);
    if (parsed.kind === "wrong-schema") return deadLetter("wrong-schema", parsed.message);
    const bytes = record.value?.length ?? 0;
    if (this.maxRequestBytes !== null && bytes > this.maxRequestBytes) {
      const message = `the request has ${bytes} bytes; its claim or its outcomes could not be written above ${this.maxRequestBytes}`;
      return deadLetter("too-large", message);
    }
    const { topic, partition, offset } = record;
    const source = { topic, partition, offset };
    const trace = traceOf(record);
    if (parsed.kind === "senseless") {
      const { request, reason } = parsed;
      return { kind: "senseless", request, reason, source, receivedAt, trace };
    }
    return { kind: "request", received: { request: parsed.request, source, receivedAt, trace } };
  }
}

function deadLetter(reason: DeadLetterReason, message: string): DecodedRequest {
  return { kind: "dead-letter", reason, message };
}
