import type { IHeaders, KafkaMessage } from "kafkajs";

/** One header's value; an array when the record carries the key more than once, in its order. */
export type HeaderValue = IHeaders[string];

/** One record as it stands in Kafka, with buffers of its own. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch, in decimal, as kafkajs gives it. */
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

/**
 * Takes a record out of kafkajs' hands.
 *
 * The bytes are copied: kafkajs' buffers are slices of a whole fetch response, so keeping one of
 * them would keep up to 10 MB alive.
 */
export function recordOf(topic: string, partition: number, message: KafkaMessage): KafkaRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestamp: message.timestamp,
    key: copied(message.key),
    value: copied(message.value),
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [name, copiedHeader(value)]),
    ),
  };
}

/** The text of a header, the last one's when it was repeated; null when there is none. */
export function headerText(record: KafkaRecord, name: string): string | null {
  const value = record.headers[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  // A header may be there without a value, which kafkajs' types do not know.
  return (last as Buffer | string | null | undefined)?.toString() ?? null;
}

function copied(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function copiedHeader(value: HeaderValue): HeaderValue {
  if (Array.isArray(value)) return value.map((one) => copiedOne(one));
  return copiedOne(value);
}

function copiedOne<T extends Buffer | string | undefined>(value: T): T | Buffer {
  return Buffer.isBuffer(value) ? Buffer.from(value) : value;
}
