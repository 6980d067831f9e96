import { createRegistry } from "./avro/registry.ts";
import { loadSchemas } from "./avro/schemas.ts";
import type { Backbone } from "./backbone.ts";
import type { Config } from "./config/config.ts";
import { CompactedTopic } from "./kafka/compacted-topic.ts";
import { createKafka } from "./kafka/client.ts";
import { registerCodecs } from "./kafka/codecs.ts";
import { KafkaJournalLog } from "./kafka/journal-topic.ts";
import { RecordPublisher } from "./kafka/publisher.ts";
import { RequestConsumer } from "./kafka/request-consumer.ts";
import { readRecord, readRecords } from "./kafka/read-record.ts";
import { offsetRanges, offsetsAt } from "./kafka/topic-reader.ts";
import { KafkaSlotLog } from "./kafka/slot-topic.ts";
import { topicNeedsOf, topicSpecs } from "./kafka/topic-specs.ts";
import type { Log } from "./observability/log.ts";
import { surroundingsReady } from "./preflight.ts";

export interface KafkaBackboneParts {
  readonly config: Config;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** Whoever asks again anyway wants to know soon that a broker is away. */
const FEW_RETRIES = 2;

/** The configured brokers and registry. Nothing is connected to yet. */
export function kafkaBackbone({ config, log, now, signal }: KafkaBackboneParts): Backbone {
  const { topics, requestTimeoutMs } = config.kafka;
  registerCodecs();
  const kafka = createKafka(config.kafka, log);
  const impatient = createKafka(config.kafka, log, FEW_RETRIES);
  const registry = createRegistry(config.schemaRegistry);
  let fail: (reason: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => (fail = resolve));
  const tail = {
    kafka: impatient,
    log,
    now,
    requestTimeoutMs,
    onFailure: (error: unknown) => fail(error),
  };
  return {
    registry,
    failed,
    consumer: new RequestConsumer({ kafka, config: config.kafka, log }),
    publisher: new RecordPublisher({ kafka, log, signal }),
    journal: new KafkaJournalLog({ ...tail, topic: topics.journal }),
    checkpoints: new CompactedTopic({
      ...{ ...tail, topic: topics.checkpoints, loadTimeoutMs: requestTimeoutMs },
    }),
    control: new CompactedTopic({
      ...{ ...tail, topic: topics.control, loadTimeoutMs: requestTimeoutMs },
    }),
    slots: new KafkaSlotLog({ ...tail, topic: topics.slots, epoch: () => Date.now() }),
    ready: async (tell, stop) =>
      surroundingsReady(
        {
          ...{ registry, log, kafka: impatient, signal: stop },
          topics: topicSpecs(topics, topicNeedsOf(config)),
          outcomeSchema: loadSchemas(topics).outcomes,
        },
        tell,
      ),
    requestRanges: async () => {
      const admin = impatient.admin();
      await admin.connect();
      try {
        return await offsetRanges(admin, topics.requests);
      } finally {
        await admin.disconnect();
      }
    },
    readRequest: async (partition, offset) =>
      readRecord(impatient, { topic: topics.requests, partition, offset }),
    readRequests: async (partition, offset) =>
      readRecords(impatient, { topic: topics.requests, partition, offset }),
    requestsBefore: async (epochMs) => {
      const admin = impatient.admin();
      await admin.connect();
      try {
        return await offsetsAt(admin, topics.requests, epochMs);
      } finally {
        await admin.disconnect();
      }
    },
  };
}
