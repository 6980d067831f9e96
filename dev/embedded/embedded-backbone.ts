import type { Backbone } from "../../src/backbone.ts";
import type { TopicNames } from "../../src/config/config.ts";
import type { TopicState } from "../../src/kafka/topics.ts";
import { EmbeddedCheckpoints } from "./embedded-checkpoints.ts";
import type { EmbeddedCluster } from "./embedded-cluster.ts";
import { EmbeddedConsumer } from "./embedded-consumer.ts";
import { EmbeddedJournal } from "./embedded-journal.ts";
import { EmbeddedPublisher } from "./embedded-publisher.ts";
import { EmbeddedSlots } from "./embedded-slots.ts";
import type { EmbeddedTopic } from "./embedded-topic.ts";
import type { Link } from "./link.ts";

export interface EmbeddedBackboneParts {
  readonly cluster: EmbeddedCluster;
  /** May be shared by all processes. */
  readonly registry: Backbone["registry"];
  readonly link: Link;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** The longest that a read waits for something new. */
  readonly waitMs?: number;
}

/** One process's view of an embedded cluster. */
export interface EmbeddedBackbone extends Backbone {
  readonly consumer: EmbeddedConsumer;
}

const MAX_MESSAGE_BYTES = 1_048_588;
const WAIT_MS = 250;

/** Stands for Kafka and the registry; several processes may have one of the same cluster. */
export function embeddedBackbone(parts: EmbeddedBackboneParts): EmbeddedBackbone {
  const { cluster, registry, link, signal, waitMs = WAIT_MS } = parts;
  const { topics } = cluster;
  return {
    registry,
    consumer: new EmbeddedConsumer(cluster, link, waitMs),
    publisher: new EmbeddedPublisher(cluster, link, signal),
    journal: new EmbeddedJournal(topics.journal, link, waitMs),
    checkpoints: new EmbeddedCheckpoints(topics.checkpoints, link, 4 * waitMs),
    control: new EmbeddedCheckpoints(topics.control, link, waitMs),
    slots: new EmbeddedSlots(topics.slots, link, waitMs),
    ready: async () => {
      // Object.entries forgets the keys' type.
      const all = Object.entries(topics) as [keyof TopicNames, EmbeddedTopic][];
      const states = all.map(([role, topic]) => stateOf(role, topic));
      return Promise.resolve({ problems: [], risks: [], warnings: [], topics: states });
    },
    requestRanges: async () => link.exchange("ask for ranges", () => topics.requests.ranges()),
    readRequest: async (partition, offset) =>
      link.exchange("fetch requests", () => topics.requests.at(partition, offset)),
    readRequests: async (partition, from) =>
      link.exchange("fetch requests", () =>
        topics.requests.read(partition, from).records.filter(({ offset }) => offset >= from),
      ),
    // Nothing of it is ever deleted by its age.
    requestsBefore: async () => Promise.resolve(new Map()),
    failed: new Promise(() => undefined),
  };
}

function stateOf(role: keyof TopicNames, { name, partitionCount }: EmbeddedTopic): TopicState {
  return {
    ...{ role, name, exists: true, partitions: partitionCount, replication: 1 },
    ...{
      maxMessageBytes: MAX_MESSAGE_BYTES,
      retentionMs: Infinity,
      problems: [],
      risks: [],
      warnings: [],
    },
  };
}
