import type { Registry } from "./avro/registry.ts";
import type { ControlLog } from "./control/control-log.ts";
import type { RecordFeed } from "./inbound/intake.ts";
import type { CheckpointStore } from "./journal/checkpoint-store.ts";
import type { JournalLog } from "./journal/journal-log.ts";
import type { KafkaRecord } from "./kafka/record.ts";
import type { RecordPublisher } from "./kafka/publisher.ts";
import type { RecordHandlers } from "./kafka/request-consumer.ts";
import type { OffsetRange } from "./kafka/topic-reader.ts";
import type { Surroundings } from "./preflight.ts";
import type { SlotLog } from "./slots/slot-log.ts";

/** The consumer of the requests topic. */
export interface RequestFeed extends RecordFeed {
  /** Begins to consume. Called once. */
  start(handlers: RecordHandlers): void;
  /** Leaves the group; resolves when that is done or the time is over. */
  stop(timeoutMs: number): Promise<void>;
  /** Why nothing is being consumed, in words for people; null when all is well. */
  health(): string | null;
  /** When a fetch last came back, milliseconds since the epoch. */
  readonly lastFetchAt: number | null;
  /** Resolves with the reason when nothing will ever be fetched again. */
  readonly died: Promise<Error>;
}

/**
 * Everything the dispatcher has of Kafka and of the schema registry: the real ones, or the embedded
 * log that a try-out and the simulation run on.
 */
export interface Backbone {
  readonly registry: Pick<Registry, "decode" | "encode" | "idOf">;
  readonly consumer: RequestFeed;
  readonly publisher: Pick<RecordPublisher, "publish" | "health" | "stages" | "close">;
  readonly journal: JournalLog;
  readonly checkpoints: CheckpointStore;
  readonly control: ControlLog;
  readonly slots: SlotLog;
  /**
   * Waits until brokers, topics and registry are as they must be, and resolves with how they stand
   * then; what is wrong is told every time it is looked at. Rejects when the signal aborts.
   */
  ready(tell: (problems: readonly string[]) => void, signal: AbortSignal): Promise<Surroundings>;
  /** The present range of every partition of the requests topic. */
  requestRanges(): Promise<ReadonlyMap<number, OffsetRange>>;
  /** The record of the requests topic that stands there; null when it is gone. */
  readRequest(partition: number, offset: bigint): Promise<KafkaRecord | null>;
  /** Records of the requests topic from an offset on, as many as one answer holds; none: no more. */
  readRequests(partition: number, from: bigint): Promise<readonly KafkaRecord[]>;
  /**
   * Offsets of the requests topic below which every record is older than `epochMs`. Partitions
   * without any are left out.
   */
  requestsBefore(epochMs: number): Promise<ReadonlyMap<number, bigint>>;
  /** Resolves with the reason when it can never work again. */
  readonly failed: Promise<unknown>;
}
