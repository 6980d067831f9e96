import type { Fetched, FetchedMessage } from "../../src/kafka/partition-reader.ts";

interface MessageTraits {
  readonly timestamp?: string;
  readonly value?: string | null;
  readonly isControlRecord?: boolean;
  /** The last offset of its batch, when records behind it were compacted away. */
  readonly batchEnd?: number;
}

/** One record as kafkajs decodes it. */
export function aMessage(offset: number, traits: MessageTraits = {}): FetchedMessage {
  const { timestamp = "1000", value = `value ${offset}`, isControlRecord = false } = traits;
  return {
    offset: String(offset),
    timestamp,
    key: null,
    value: value === null ? null : Buffer.from(value),
    attributes: 0,
    headers: {},
    isControlRecord,
    batchContext: {
      firstOffset: String(offset),
      lastOffsetDelta: (traits.batchEnd ?? offset) - offset,
      partitionLeaderEpoch: 0,
    },
  };
}

/** An answer of the broker about partition 0. */
export function aFetched(highWatermark: number, messages: readonly FetchedMessage[]): Fetched {
  return { partition: 0, highWatermark: BigInt(highWatermark), messages };
}

/** Records with these offsets. */
export function messages(...offsets: readonly number[]): readonly FetchedMessage[] {
  return offsets.map((offset) => aMessage(offset));
}
